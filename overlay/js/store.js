/**
 * What the screen knows, and how each message changes it: a pure reducer. Moments of the real clock are milliseconds
 * and come in as `now`; nothing here reads a clock, the network or the page.
 *
 * @import {
 *   Audio, AudioState, ClearedWhy, FromServer, HubLink, KindMuted, LineState, Mark, Moment, Nudge, Scorecard, Snapshot, SnoozeFor,
 *   Transcript,
 * } from './protocol.js'
 *
 * @typedef {{phase: 'connecting' | 'open' | 'waiting' | 'no_session' | 'stranger', retryAt: number}} Link
 * @typedef {{nudge: Nudge, shownAt: number, hidesAt: number, renewals: number}} Standing
 * @typedef {{nudge: Nudge, why: ClearedWhy | null, renewals: number, helpful: boolean | null,
 *   taken: string | null}} Past `taken`: which suggestion the agent marked as theirs
 * @typedef {{id: number, tone: 'info' | 'warn' | 'whisper', text: string, until: number}} Notice
 * @typedef {'page' | 'floating' | 'closed' | 'refused'} Place where the panel is: on the page, in a window of its own,
 *   back on the page because that window was closed, or still there because none could be opened
 * @typedef {{
 *   link: Link, transcriber: string, limited: string, version: string, privacy: string, pulse: number, kept: boolean,
 *   heardAt: number,
 *   place: Place, call: string | null, startedAt: number,
 *   audio: AudioState | null, device: string, customerAudio: AudioState | null, paused: boolean,
 *   lines: readonly Transcript[], interim: readonly Transcript[],
 *   moments: readonly Moment[], calmUntil: number, marks: readonly Mark[],
 *   muted: readonly KindMuted[],
 *   nudge: Standing | null, hidden: string | null, past: readonly Past[],
 *   praise: {text: string, until: number} | null,
 *   snoozed: {for: SnoozeFor | null, until: number} | null,
 *   notices: readonly Notice[], noticed: number, scorecard: Scorecard | null, lost: number,
 *   ended: string | null, hub: HubLink | null, watchers: readonly string[], mic: Mic | null, line: LineState | null,
 * }} State `heardAt`: when the server last said anything; `pulse`: the seconds in which it promised to, 0 for no
 *   promise; `kept`: calls may be reviewed; `ended`: the call that the scorecard is of; `hub`: how the
 *   line to the hub stands; `watchers`: who reads along with the call; `mic`, `line`: on a hub's page, how this
 *   browser's microphone is, and whether somebody recognises what it hears
 *
 * @typedef {{type: 'link', phase: Link['phase'], retryAt?: number} | {type: 'tick'} | {type: 'hide', id: string}
 *   | {type: 'rated', id: string, helpful: boolean} | {type: 'took', id: string, text: string}
 *   | {type: 'asked_snooze', for: SnoozeFor} | {type: 'place', place: Place}
 *   | {type: 'close_notice', id: number} | {type: 'mic', phase: Mic}} LocalEvent
 * @typedef {'off' | 'asking' | 'on' | 'paused' | 'refused' | 'missing' | 'taken'} Mic
 */
import { muted } from './labels.js';

/** How long praise stays, in milliseconds. */
export const PRAISE_STAYS = 6_000;
/** How long a repaired moment's calm marks stay, in milliseconds. */
export const CALM_STAYS = 2_400;
/** How long a passing notice stays, in milliseconds. */
export const NOTICE_STAYS = 8_000;
/** How long an error stays, in milliseconds. A whisper stays until it is closed. */
export const ERROR_STAYS = 20_000;

export const LIMITED =
  'Accuracy is limited: embedded recogniser. Get a Whisper model: voiceassist models pull base.en';

/** @type {State} */
export const initial = {
  link: { phase: 'connecting', retryAt: 0 }, transcriber: '', limited: '', version: '', privacy: '', pulse: 0, kept: false,
  heardAt: 0, place: 'page', call: null, startedAt: 0, audio: null, device: '', customerAudio: null, paused: false,
  lines: [], interim: [], moments: [], calmUntil: 0, marks: [], muted: [],
  nudge: null, hidden: null, past: [], praise: null, snoozed: null,
  notices: [], noticed: 0, scorecard: null, lost: 0, ended: null, hub: null, watchers: [],
  mic: null, line: null,
};

/**
 * The state after one message or local event.
 * @param {State} state @param {FromServer | LocalEvent} event @param {number} now @returns {State}
 */
export function reduce(state, event, now) {
  const next = step(state, event, now);
  return 'v' in event ? { ...next, heardAt: now } : next;
}

/** @param {State} state @param {FromServer | LocalEvent} event @param {number} now @returns {State} */
function step(state, event, now) {
  switch (event.type) {
    case 'link': return { ...state, link: { phase: event.phase, retryAt: event.retryAt ?? 0 }, line: event.phase === 'open' ? state.line : null };
    case 'tick': return expire(state, now);
    case 'hide': return hide(state, event.id);
    case 'rated': return rate(state, event.id, event.helpful);
    case 'took': return take(state, event.id, event.text);
    case 'place': return { ...state, place: event.place };
    case 'asked_snooze': return snooze(state, event.for, now);
    case 'close_notice': return { ...state, notices: state.notices.filter((notice) => notice.id !== event.id) };

    case 'mic': return { ...state, mic: event.phase, paused: event.phase === 'paused' };
    case 'line': return { ...state, line: event };
    case 'hello':
      return { ...state, transcriber: event.transcriber, limited: event.limited ? event.notice || LIMITED : '',
        version: event.version ?? 'unknown', privacy: event.privacy ?? '', pulse: event.pulse ?? 0, kept: event.kept ?? false };
    case 'snapshot': return fromSnapshot(state, event, now);
    case 'call_started': return { ...cleared(state), call: event.call, startedAt: now - event.at * 1000 };
    case 'transcript': return hear(state, event);
    case 'moment': return meet(state, event, now);
    case 'nudge': return show(state, event, now, event.expires_at - event.at);
    case 'nudge_cleared': return clear(state, event.id, event.why);
    case 'praise':
      return { ...state, praise: { text: event.text, until: now + PRAISE_STAYS } };
    case 'mark': return { ...state, marks: [...state.marks, event] };
    case 'kind_muted':
      return notice({ ...state, muted: [...state.muted, event] }, 'info', muted(event), now + ERROR_STAYS);
    case 'audio': return listen(state, event, now);
    case 'whisper': return notice(state, 'whisper', event.text, Infinity);
    case 'watched': return { ...state, watchers: event.by };
    case 'hub': return { ...state, hub: event };
    case 'error': return notice(state, 'warn', `${event.message} (${event.code})`, now + ERROR_STAYS);
    case 'call_ended':
      return { ...state, call: null, ended: event.call, scorecard: event.scorecard, lost: event.lost ?? 0,
        interim: [], calmUntil: 0, nudge: null, praise: null, snoozed: state.snoozed?.for === 'today' ? state.snoozed : null,
        watchers: [] };
    default:
      return state; // a newer server may say more than this page knows
  }
}

/**
 * The next moment at which the clock alone changes the state, in milliseconds; Infinity where it never does.
 * @param {State} state @returns {number}
 */
export function nextDeadline(state) {
  return Math.min(
    state.nudge?.hidesAt ?? Infinity,
    state.praise?.until ?? Infinity,
    state.calmUntil || Infinity,
    state.snoozed?.until ?? Infinity,
    ...state.notices.map((notice) => notice.until),
  );
}

/** @param {State} state @param {number} now @returns {State} */
function expire(state, now) {
  if (now < nextDeadline(state)) return state;
  const late = state.nudge !== null && state.nudge.hidesAt <= now;
  return {
    ...state,
    nudge: late ? null : state.nudge,
    past: late ? outcome(state.past, state.nudge?.nudge.id ?? '', 'expired') : state.past,
    praise: state.praise && state.praise.until <= now ? null : state.praise,
    calmUntil: state.calmUntil <= now ? 0 : state.calmUntil,
    snoozed: state.snoozed && state.snoozed.until <= now ? null : state.snoozed,
    notices: state.notices.filter((notice) => notice.until > now),
  };
}

/** Everything of the last call gone, everything of the connection kept. @param {State} state @returns {State} */
function cleared(state) {
  const { call, startedAt, lines, interim, moments, calmUntil, marks, muted } = initial;
  const { nudge, hidden, past, praise, scorecard, lost } = initial;
  const snoozed = state.snoozed?.for === 'today' ? state.snoozed : null;
  return {
    ...state, call, startedAt, lines, interim, moments, calmUntil, marks, muted, nudge, hidden, past, praise,
    scorecard, lost, snoozed,
  };
}

/** @param {State} state @param {Snapshot} snapshot @param {number} now @returns {State} */
function fromSnapshot(state, snapshot, now) {
  const known = new Map(state.past.map((past) => [past.nudge.id, past]));
  /** @type {State} */
  const fresh = {
    ...cleared(state),
    call: snapshot.live ? snapshot.call : null,
    startedAt: now - snapshot.at * 1000,
    audio: snapshot.audio,
    device: snapshot.device ?? '',
    customerAudio: snapshot.customer_audio ?? null,
    paused: snapshot.paused,
    snoozed: snapshot.snoozed ? snoozedUntil(snapshot, now) : null,
    lines: snapshot.transcripts.filter((line) => line.final),
    interim: snapshot.transcripts.filter((line) => !line.final),
    moments: snapshot.moments,
    marks: snapshot.marks ?? [],
    muted: snapshot.muted ?? [],
    past: snapshot.history.map(({ nudge, why }) =>
      ({ renewals: 0, helpful: null, taken: null, ...known.get(nudge.id), nudge, why })),
    scorecard: snapshot.live ? null : snapshot.scorecard,
    ended: snapshot.live ? null : snapshot.call,
    hidden: state.hidden,
    hub: snapshot.hub ?? null,
    watchers: snapshot.live ? snapshot.watched?.by ?? [] : [],
  };
  return snapshot.nudge && snapshot.nudge.id !== state.hidden
    ? show(fresh, snapshot.nudge, now, snapshot.nudge.expires_at - snapshot.at)
    : fresh;
}

/** @param {Snapshot} snapshot @param {number} now @returns {State['snoozed']} */
function snoozedUntil(snapshot, now) {
  if (snapshot.snoozed_until === null) return { for: null, until: Infinity };
  const left = snapshot.snoozed_until - snapshot.at;
  return left > 0 ? { for: left, until: now + left * 1000 } : null;
}

/** @param {State} state @param {Transcript} line @returns {State} */
function hear(state, line) {
  const audio = state.audio ?? 'listening'; // words are the proof of it
  const others = state.interim.filter((other) => other.channel !== line.channel);
  if (line.text === '') return { ...state, audio, interim: others };
  return line.final
    ? { ...state, audio, interim: others, lines: [...state.lines, line] }
    : { ...state, audio, interim: [...others, line] };
}

/** @param {State} state @param {Moment} moment @param {number} now @returns {State} */
function meet(state, moment, now) {
  const known = state.moments.some((other) => other.id === moment.id);
  const moments = known
    ? state.moments.map((other) => (other.id === moment.id ? { ...moment, at: other.at } : other)) // it keeps its place
    : [...state.moments, moment];
  const newest = moments.at(-1)?.id === moment.id;
  const calm = newest && (moment.state === 'repaired' || moment.state === 'recovered');
  return { ...state, moments, calmUntil: calm ? now + CALM_STAYS : newest ? 0 : state.calmUntil };
}

/**
 * A nudge is shown, or the one that stands is renewed: it then keeps its place on the screen and its count starts anew.
 * @param {State} state @param {Nudge} nudge @param {number} now @param {number} left seconds @returns {State}
 */
function show(state, nudge, now, left) {
  const before = state.past.find((past) => past.nudge.id === nudge.id);
  const renewals = before ? before.renewals + 1 : 0;
  const entry = { nudge, why: null, renewals, helpful: before?.helpful ?? null, taken: before?.taken ?? null };
  const past = before
    ? state.past.map((other) => (other === before ? entry : other))
    : [...state.past, entry];
  const stands = left > 0 ? { nudge, shownAt: now, hidesAt: now + left * 1000, renewals } : null;
  return { ...state, past, nudge: stands, hidden: null };
}

/** @param {State} state @param {string} id @param {ClearedWhy} why @returns {State} */
function clear(state, id, why) {
  const nudge = state.nudge?.nudge.id === id ? null : state.nudge;
  return { ...state, nudge, past: outcome(state.past, id, why) };
}

/**
 * The agent took the nudge away: gone at once, the server's word comes later.
 * @param {State} state @param {string} id @returns {State}
 */
function hide(state, id) {
  return { ...clear(state, id, 'dismissed'), hidden: id };
}

/** @param {State} state @param {SnoozeFor} span @param {number} now @returns {State} */
function snooze(state, span, now) {
  if (span === 0) return { ...state, snoozed: null };
  const until = typeof span === 'number' ? now + span * 1000 : Infinity;
  /** @type {State} */
  const next = { ...state, snoozed: { for: span, until } };
  return state.nudge ? { ...clear(next, state.nudge.nudge.id, 'snoozed'), hidden: state.nudge.nudge.id } : next;
}

/** @param {State} state @param {string} id @param {boolean} helpful @returns {State} */
function rate(state, id, helpful) {
  return { ...state, past: state.past.map((past) => (past.nudge.id === id ? { ...past, helpful } : past)) };
}

/**
 * A suggestion is marked as taken, and by the same again as not taken.
 * @param {State} state @param {string} id @param {string} text @returns {State}
 */
function take(state, id, text) {
  return { ...state, past: state.past.map((past) =>
    (past.nudge.id === id ? { ...past, taken: past.taken === text ? null : text } : past)) };
}

/** @param {readonly Past[]} past @param {string} id @param {ClearedWhy} why @returns {readonly Past[]} */
function outcome(past, id, why) {
  return past.map((entry) => (entry.nudge.id === id ? { ...entry, why } : entry));
}

/** @param {State} state @param {Audio} event @param {number} now @returns {State} */
function listen(state, { state: audio, channel, device = '' }, now) {
  if (channel === 'customer') return listenToCustomer(state, audio, now);
  // A microphone may be lost in a pause: it is a pause still.
  const paused = audio === 'paused' || (state.paused && audio === 'lost');
  /** @type {State} */
  const next = { ...state, audio, device: device || state.device, paused };
  const named = device === '' ? '' : `: ${device}`;
  if (audio === 'restored') return notice(next, 'info', `The microphone is back${named}.`, now + NOTICE_STAYS);
  if (audio === 'changed') return notice(next, 'info', `Another microphone is in use now${named}.`, now + NOTICE_STAYS);
  return next;
}

/** @param {State} state @param {AudioState} audio @param {number} now @returns {State} */
function listenToCustomer(state, audio, now) {
  /** @type {State} */
  const next = { ...state, customerAudio: audio };
  if (audio === 'lost') {
    return notice(next, 'warn', 'The customer is not heard: their sound is lost. You still are.', now + ERROR_STAYS);
  }
  return audio === 'restored' ? notice(next, 'info', 'The customer is heard again.', now + NOTICE_STAYS) : next;
}

/** @param {State} state @param {Notice['tone']} tone @param {string} text @param {number} until @returns {State} */
function notice(state, tone, text, until) {
  const others = state.notices.filter((other) => other.text !== text || other.tone !== tone).slice(-2);
  return { ...state, notices: [...others, { id: state.noticed + 1, tone, text, until }], noticed: state.noticed + 1 };
}
