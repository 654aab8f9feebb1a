/**
 * The board for a state: who is let in sees the floor, an opened call and the alerts; what is pressed goes from here.
 *
 * @import {Answer} from '../session.js'
 * @import {Alarms} from './alarms.js'
 * @import {Deeds} from './alertcard.js'
 * @import {Alert, Heard, Said} from './protocol.js'
 * @import {LocalEvent, State} from './store.js'
 */
import { byId, setText } from '../dom.js';
import { AlertList } from './alertlist.js';
import { CallPanel } from './callpanel.js';
import { waiting } from './desk.js';
import { Door } from './door.js';
import { Filters } from './filters.js';
import { Invite } from './invite.js';
import { boardKeys } from './keys.js';
import { counted, nameOf } from './labels.js';
import { LinkLine } from './linkline.js';
import { menu } from './menu.js';
import { calling, needsHelp } from './need.js';
import { Notices } from './notices.js';
import { Settings } from './settings.js';
import { Spoken } from './spoken.js';
import { Tab } from './tab.js';
import { Trend } from './trend.js';
import { Wall } from './wall.js';

/** @typedef {{dispatch: (event: Heard | LocalEvent) => void, send: (command: Said) => void, retry: () => void,
 *   enter: () => void, leave: () => void}} Ways */

export class View {
  #floor = byId('floor', HTMLElement);
  #sample = byId('sample', HTMLElement);
  #whose = byId('whose', HTMLElement);
  #needs = byId('needs', HTMLElement);
  #tabs = [byId('show-wall', HTMLButtonElement), byId('show-alerts', HTMLButtonElement)];
  #door; #filters; #wall; #alerts; #call; #link; #notices; #settings;
  #invite = new Invite();
  #trend = new Trend();
  #spoken = new Spoken();
  #tab = new Tab();
  #ways;
  /** @type {State | null} */ #state = null;
  #anew = true;
  #framed = false;
  #openedBy = '';
  #joined = false;

  /** @param {Ways} ways @param {Alarms} alarms */
  constructor(ways, alarms) {
    this.#ways = ways;
    const again = (/** @type {boolean} */ anew) => this.#ask(anew);
    /** @type {Deeds} */
    const deeds = {
      ack: (alert) => this.#tell(alert, { type: 'alert_ack', id: alert.id, call: alert.call }),
      snooze: (alert, span) => this.#tell(alert, { type: 'alert_snooze', id: alert.id, call: alert.call, for: span }),
      assign: (alert, to) => this.#tell(alert, { type: 'alert_assign', id: alert.id, call: alert.call, to }),
      whisper: (alert, text) => this.#whisper(alert.call ?? '', text, alert.agent),
      open: (alert) => this.openAlert(alert),
    };
    this.#door = new Door(ways.enter);
    this.#filters = new Filters(() => again(true));
    this.#wall = new Wall((agent) => this.open(agent), again);
    this.#alerts = new AlertList(deeds, again);
    this.#call = new CallPanel(deeds, (call, text) => this.#whisper(call, text), () => this.#shut(), (agent) => this.open(agent),
      () => this.#toAlerts());
    this.#link = new LinkLine(ways.retry);
    this.#notices = new Notices(ways.dispatch);
    this.#settings = new Settings(alarms);
    menu(byId('account', HTMLButtonElement), byId('account-menu', HTMLElement));
    for (const id of ['leave', 'stranger-leave']) byId(id, HTMLButtonElement).addEventListener('click', ways.leave);
    this.#tabs.forEach((tab) => tab.addEventListener('click', () => this.#show(tab.dataset['shows'] ?? '')));
    boardKeys({ wall: this.#wall, alerts: this.#alerts, call: this.#call, filters: this.#filters, settings: this.#settings, view: this });
  }

  /** Shows this state at the next frame; however many messages come until then, it is drawn once. @param {State} state */
  render(state) {
    this.#state = state;
    this.#tab.render(waiting(state.desk, state.me?.user ?? '').length, state.link.phase === 'open' || !state.whole);
    this.#ask(false);
  }

  /** An alert that is news was told: it is said at once. @param {Alert} alert @param {string} text */
  announce(alert, text) {
    this.#spoken.alert(`Alert: ${text}${alert.quote ? `. “${alert.quote}”` : ''}`);
  }

  /** What the clock changes. @param {State} state @param {number} now */
  tick(state, now) {
    this.#wall.tick(state, now);
    this.#link.render(state, now);
    this.#settings.render();
    if (state.opened !== null) this.#call.render(state, now);
    this.#alerts.render(state, now, false);
  }

  /** Settings changed. */
  quieten() {
    this.#settings?.render();
  }

  /** What came of the one-time link, if the page was opened by one. @param {Answer} answer */
  tellDoor(answer) {
    this.#door.tell(answer);
  }

  /** The page of an invitation, and what follows it. @param {'invited' | 'joined'} room */
  showDoor(room) {
    this.#joined = true;
    this.#door.show(room);
  }

  /** The invitation is over with: who has a session goes on. */
  passDoor() {
    this.#joined = false;
  }

  /** Looks into the call that this agent is in. @param {string} agent */
  open(agent) {
    const card = this.#state?.agents.get(agent);
    if (card === undefined) return;
    if (card.call === null) return this.#ways.dispatch({ type: 'say', tone: 'info', text: `${nameOf(card, agent)} is in no call now.` });
    this.#openCall(agent, card.call);
  }

  /** @param {Alert} alert */
  openAlert(alert) {
    if (alert.call !== null) this.#openCall(alert.agent, alert.call);
  }

  /** Looks into a call and puts the cursor where a whisper is written. @param {string} agent */
  whisperTo(agent) {
    this.open(agent);
    if (this.#state?.opened?.agent === agent) requestAnimationFrame(() => this.#call.write());
  }

  /** The alert that waits for this agent's sake. @param {string} agent @returns {Alert | null} */
  alertOf(agent) {
    const { desk, me } = this.#state ?? {};
    return (desk && calling(desk, me?.user ?? '').get(agent)?.alert) ?? null;
  }

  /** @returns {string} the agent whose call is open */
  get openedAgent() {
    return this.#state?.opened?.agent ?? '';
  }

  /** @param {string} text */
  say(text) {
    this.#ways.dispatch({ type: 'say', tone: 'info', text });
  }

  /** @param {string} agent @param {string} call */
  #openCall(agent, call) {
    if (this.#state?.link.phase !== 'open') return this.say('Not connected: no call can be opened now.');
    if (this.#state.opened?.call === call) return this.#call.write();
    this.#openedBy = agent;
    this.#ways.dispatch({ type: 'open', agent, call });
    this.#ways.send({ type: 'subscribe', call });
  }

  /** The panel was closed: nothing of the call comes any more, and the eyes go back to where they were. */
  #shut() {
    if (this.#state?.opened == null) return;
    this.#ways.send({ type: 'subscribe', call: null });
    this.#ways.dispatch({ type: 'shut' });
    this.#wall.focus(this.#openedBy);
  }

  /** From the opened call back to the alerts, the newest first. */
  #toAlerts() {
    this.#openedBy = '';
    this.#call.close();
    this.#show('alerts');
    this.#alerts.move(0);
  }

  /** @param {Alert} alert @param {Said} command */
  #tell(alert, command) {
    this.#ways.dispatch({ type: 'asked', id: alert.id });
    this.#ways.send(command);
  }

  /** @param {string} call @param {string} text @param {string} [agent] where the call is not open */
  #whisper(call, text, agent) {
    const id = crypto.randomUUID();
    this.#ways.send({ type: 'whisper', id, call, text });
    if (this.#state?.opened?.call === call) this.#ways.dispatch({ type: 'whispered', id, text });
    else if (agent !== undefined) this.say(`Whispered to ${nameOf(this.#state?.agents.get(agent), agent)}: ${text}`);
  }

  /** @param {boolean} anew */
  #ask(anew) {
    this.#anew ||= anew;
    if (this.#framed) return;
    this.#framed = true;
    requestAnimationFrame(() => {
      this.#framed = false;
      if (this.#state) this.#draw(this.#state, performance.now());
    });
  }

  /** @param {State} state @param {number} now */
  #draw(state, now) {
    const anew = this.#anew;
    this.#anew = false;
    if (this.#renderDoor(state)) return;
    const user = state.me?.user ?? '';
    const calls = calling(state.desk, user);
    const here = [...state.agents.values()].map(({ team }) => team);
    const teams = names([...(state.me?.teams ?? []), ...state.people.teams, ...here]).filter(Boolean);
    this.#filters.render(names(here));
    this.#trend.render(teams);
    this.#invite.render(teams);
    this.#sample.hidden = !(state.me?.sample || [...state.agents.values()].some(({ sample }) => sample));
    setText(this.#whose, state.me?.name || user);
    this.#wall.render(state, this.#filters.chosen, calls, now, anew);
    const helpless = [...state.agents.values()].filter((card) => needsHelp(card, calls)).length;
    this.#floor.dataset['whole'] = String(state.whole);
    setText(this.#needs, !state.whole ? '' : helpless === 0 ? 'Nobody needs help' : `${counted(helpless, 'needs', 'need')} help`);
    this.#needs.dataset['some'] = String(helpless > 0);
    this.#alerts.render(state, now, anew);
    this.#call.render(state, now);
    this.#floor.dataset['call'] = String(state.opened !== null);
    this.#link.render(state, now);
    this.#notices.render(state);
    if (state.whole) this.#spoken.counts(`${counted(calls.size, 'agent')} with open alerts, ${counted(helpless, 'needs', 'need')} help`);
  }

  /** @param {State} state @returns {boolean} whether somebody stands at the door */
  #renderDoor({ link, whole }) {
    if (link.phase === 'connecting' && !whole) return true; // who comes in is not known yet: what stands, stands
    const room = this.#joined ? null : link.phase === 'no_session' ? 'login' : link.phase === 'stranger' ? 'stranger' : '';
    if (room === 'login' || room === 'stranger') {
      this.#call.close();
      for (const dialog of document.querySelectorAll('dialog[open]')) if (dialog instanceof HTMLDialogElement) dialog.close();
      this.#door.show(room);
    } else if (room === '') this.#door.hide();
    this.#floor.hidden = this.#door.closed;
    return this.#door.closed;
  }

  /** Where there is room for one only. @param {string} part */
  #show(part) {
    this.#floor.dataset['shows'] = part;
    for (const tab of this.#tabs) tab.setAttribute('aria-pressed', String(tab.dataset['shows'] === part));
  }
}

/** Each once, in their order. @param {readonly string[]} teams @returns {string[]} */
function names(teams) {
  return [...new Set(teams)].sort();
}
