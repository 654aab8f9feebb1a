/**
 * What the board knows, and how each message changes it: a pure reducer. Moments of this page's clock are milliseconds
 * and come in as `now`; nothing here reads a clock, the network or the page.
 *
 * @import {LinkEvent} from '../connection.js'
 * @import {State as Call} from '../store.js'
 * @import {Agents} from './floor.js'
 * @import {Desk} from './desk.js'
 * @import {People} from './people.js'
 * @import {Heard, Welcome} from './protocol.js'
 *
 * @typedef {{agent: string, call: string, state: Call, whispers: readonly Whispering[]}} Opened a call that is looked
 *   into; `state`: folded as the agent's overlay folds it
 * @typedef {{id: string, text: string, shown: boolean}} Whispering what was whispered from here; `shown`: the hub passed it on
 * @typedef {{id: number, tone: 'info' | 'warn', text: string, until: number}} Notice
 * @typedef {{
 *   link: {phase: LinkEvent['phase'], retryAt: number}, lostAt: number, heardAt: number, joinedAt: number, connection: number,
 *   me: Welcome | null, people: People, ahead: number | null,
 *   agents: Agents, whole: boolean, desk: Desk, opened: Opened | null,
 *   notices: readonly Notice[], noticed: number,
 * }} State `lostAt`: since when the connection is gone, 0 while it stands; `joinedAt`: when the server
 *   said hello last; `connection`: the number of that hello; `ahead`: of the
 *   server's clock; `whole`: a wall was told
 *
 * @typedef {LinkEvent | {type: 'tick'} | {type: 'asked', id: string} | {type: 'open', agent: string, call: string}
 *   | {type: 'shut'} | {type: 'whispered', id: string, text: string} | {type: 'say', tone: Notice['tone'], text: string}
 *   | {type: 'close_notice', id: number} | {type: 'met', people: People} | {type: 'left'}} LocalEvent
 */
import { initial as noCall, reduce as foldCall } from '../store.js';
import { CLEAR, ask, confirmed, hear, wake } from './desk.js';
import { NOBODY, ahead, fold } from './floor.js';
import { UNMET } from './people.js';

/** A wall of which nothing was heard for so long is stale, in milliseconds. */
export const STALE_AFTER = 5_000;
/** So many pulses may fail to come. */
const MISSED = 2.5;
/** In that time after a new hello the server has told all that still holds, in milliseconds. */
export const TOLD_WITHIN = 3_000;
const NOTICE_STAYS = 8_000;
const ERROR_STAYS = 20_000;

/** @type {State} */
export const initial = {
  link: { phase: 'connecting', retryAt: 0 }, lostAt: 0, heardAt: 0, joinedAt: 0, connection: 0, me: null, people: UNMET, ahead: null,
  agents: NOBODY, whole: false, desk: CLEAR, opened: null, notices: [], noticed: 0,
};

/** @param {State} state @param {Heard | LocalEvent} event @param {number} now @returns {State} */
export function reduce(state, event, now) {
  const next = step(state, event, now);
  return 'v' in event ? { ...next, heardAt: now } : next;
}

/** @param {State} state @param {Heard | LocalEvent} event @param {number} now @returns {State} */
function step(state, event, now) {
  switch (event.type) {
    case 'link': return {
      ...state, link: { phase: event.phase, retryAt: event.retryAt ?? 0 },
      lostAt: event.phase === 'open' ? 0 : state.lostAt || now,
    };
    case 'tick': return tick(state, now);
    case 'asked': return { ...state, desk: ask(state.desk, event.id, now) };
    case 'open': return { ...state, opened: { agent: event.agent, call: event.call, state: noCall, whispers: [] } };
    case 'shut': return { ...state, opened: null };
    case 'whispered': return whispered(state, event.id, event.text);
    case 'say': return notice(state, event.tone, event.text, now + NOTICE_STAYS);
    case 'close_notice': return { ...state, notices: state.notices.filter(({ id }) => id !== event.id) };
    case 'met': return { ...state, people: event.people };
    case 'left': return { ...initial, connection: state.connection };

    case 'hello': return { ...state, me: event, connection: state.connection + 1, joinedAt: now };
    case 'wall': return {
      ...state, agents: fold(state.agents, event), whole: true, ahead: ahead(event.whole ? null : state.ahead, event.now, now),
    };
    case 'alert': return { ...state, desk: hear(state.desk, event, serverNow(state, now), state.connection) };
    case 'error': return notice(state, 'warn', `${event.message} (${event.code})`, now + ERROR_STAYS);
    default: return inCall(state, event, now);
  }
}

/** The server's clock, in milliseconds; this machine's, until it told. @param {State} state @param {number} now @returns {number} */
export function serverNow({ ahead: by }, now) {
  return by === null ? Date.now() : now + by;
}

/** How long nothing was heard of the floor, in milliseconds; 0 where it is as it should be. @param {State} state @param {number} now */
export function staleness({ link, lostAt, heardAt, me, whole }, now) {
  if (!whole) return 0;
  if (link.phase !== 'open') return now - lostAt >= STALE_AFTER ? now - heardAt : 0;
  const pulse = (me?.pulse ?? 0) * 1000;
  return pulse > 0 && now - heardAt > Math.max(STALE_AFTER, MISSED * pulse) ? now - heardAt : 0;
}

/** @param {State} state @param {number} now @returns {State} */
function tick(state, now) {
  const told = state.link.phase === 'open' && now - state.joinedAt >= TOLD_WITHIN; // what was not told again is over
  const desk = wake(told ? confirmed(state.desk, state.connection) : state.desk, serverNow(state, now), now);
  const notices = state.notices.some(({ until }) => until <= now)
    ? state.notices.filter(({ until }) => until > now) : state.notices;
  return desk === state.desk && notices === state.notices ? state : { ...state, desk, notices };
}

/**
 * What happens in the call that is looked into; what is said of others is not for this page.
 * @param {State} state @param {Exclude<Heard, {type: 'hello' | 'wall' | 'alert' | 'error'}>} event @param {number} now @returns {State}
 */
function inCall(state, event, now) {
  const { opened } = state;
  if (opened === null || event.call !== opened.call) return state;
  if (event.type === 'whisper') {
    const shown = opened.whispers.map((one) => (one.id === event.id ? { ...one, text: event.text, shown: true } : one));
    return { ...state, opened: { ...opened, whispers: shown } };
  }
  return { ...state, opened: { ...opened, state: foldCall(opened.state, event, now) } };
}

/** @param {State} state @param {string} id @param {string} text @returns {State} */
function whispered(state, id, text) {
  if (state.opened === null) return state;
  return { ...state, opened: { ...state.opened, whispers: [...state.opened.whispers, { id, text, shown: false }].slice(-5) } };
}

/** @param {State} state @param {Notice['tone']} tone @param {string} text @param {number} until @returns {State} */
function notice(state, tone, text, until) {
  const others = state.notices.filter((other) => other.text !== text).slice(-2);
  return { ...state, notices: [...others, { id: state.noticed + 1, tone, text, until }], noticed: state.noticed + 1 };
}
