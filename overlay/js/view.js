/**
 * The page for a state: the status line and the buttons here, each larger thing in a file of its own.
 *
 * @import {Command} from './protocol.js'
 * @import {LocalEvent, Notice, State} from './store.js'
 * @import {Status} from './status.js'
 */
import { byId, el, icon, iconButton, label, setText, textButton } from './dom.js';
import { Keys } from './help.js';
import { History } from './history.js';
import { snoozed } from './labels.js';
import { Cue } from './marks.js';
import { NudgeCard } from './nudge.js';
import { clock, status } from './status.js';
import { Summary } from './summary.js';
import { Words } from './words.js';

/** @typedef {'words' | 'history' | 'summary'} Panel */
/** @type {readonly Panel[]} */
const PANELS = ['words', 'history', 'summary'];

export class View {
  #app = byId('app', HTMLElement);
  #explain = byId('explain', HTMLElement);
  #statusIcon = byId('status-icon', HTMLElement);
  #statusLabel = byId('status-label', HTMLElement);
  #statusDetail = byId('status-detail', HTMLElement);
  #timer = byId('timer', HTMLElement);
  #pause = byId('pause', HTMLButtonElement);
  #call = byId('call', HTMLButtonElement);
  #halt = byId('halt', HTMLElement);
  #praise = byId('praise', HTMLElement);
  #notices = byId('notices', HTMLElement);
  #limited = byId('limited', HTMLElement);
  #snoozed = byId('snoozed', HTMLElement);
  #words = new Words();
  #cue = new Cue();
  #summary = new Summary();
  #nudge; #history; #dispatch; #send; #retry;
  /** @type {State | null} */ #state = null;
  /** @type {readonly Notice[]} */ #noticed = [];
  #image = ''; #halted = '';

  /**
   * @param {(event: LocalEvent) => void} dispatch @param {(command: Command) => void} send
   * @param {() => void} retry connects now
   */
  constructor(dispatch, send, retry) {
    this.#dispatch = dispatch;
    this.#send = send;
    this.#retry = retry;
    this.#nudge = new NudgeCard(dispatch, send);
    this.#history = new History(dispatch, send);
    const help = byId('help-open', HTMLButtonElement);
    const keys = new Keys({
      d: { does: 'Dismiss the nudge', press: () => this.#nudge.dismiss() },
      h: { does: 'The nudge is helpful', press: () => this.#nudge.rate(true) },
      s: { does: 'Snooze nudges for 10 s', press: () => this.#nudge.snooze(10) },
      p: { does: 'Pause and resume listening', press: () => this.#togglePause() },
    });
    label(help, 'help', 'Keys and marks', '?');
    help.addEventListener('click', () => keys.open());
    this.#pause.addEventListener('click', () => this.#togglePause());
    this.#call.addEventListener('click', () =>
      this.#send({ type: this.#state?.call == null ? 'call_start' : 'call_end' }));
    for (const panel of PANELS) {
      byId(`tab-${panel}`, HTMLButtonElement).addEventListener('click', () => this.#show(panel));
    }
  }

  /** @param {State} state @param {number} now */
  render(state, now) {
    const before = this.#state;
    this.#state = state;
    this.#explain.hidden = state.link.phase !== 'no_session';
    this.#app.hidden = state.link.phase === 'no_session';
    const said = status(state, now);
    this.#renderStatus(state, said, now);
    this.#renderHalt(state, said);
    this.#nudge.render(state, now);
    this.#cue.render(state);
    setText(this.#praise, state.praise?.text ?? '');
    byId('praise-card', HTMLElement).dataset['on'] = String(state.praise !== null);
    this.#renderNotices(state);
    this.#words.render(state);
    this.#history.render(state);
    this.#summary.render(state);
    this.#app.dataset['nudge'] = String(state.nudge !== null);
    byId('tab-summary', HTMLButtonElement).hidden = state.scorecard === null;
    if (state.scorecard !== before?.scorecard) this.#show(state.scorecard ? 'summary' : 'words');
  }

  /** @param {State} state @param {Status} said @param {number} now */
  #renderStatus(state, said, now) {
    const open = state.link.phase === 'open';
    this.#app.dataset['tone'] = said.tone;
    this.#app.dataset['link'] = state.link.phase;
    setText(this.#statusLabel, said.label);
    setText(this.#statusDetail, said.detail);
    this.#statusDetail.title = said.detail; // a narrow window may cut it
    if (said.icon !== this.#image) this.#statusIcon.replaceChildren(icon(said.icon));
    this.#image = said.icon;
    this.#timer.hidden = state.call === null;
    setText(this.#timer, clock(now - state.startedAt));
    if (state.paused) label(this.#pause, 'play', 'Resume listening', 'p');
    else label(this.#pause, 'paused', 'Pause listening', 'p');
    this.#pause.disabled = this.#call.disabled = !open;
    setText(this.#call, state.call === null ? 'Start call' : 'End call');
    this.#call.dataset['primary'] = String(state.call === null);
  }

  /** What stops the listening is said large, with the way out. @param {State} state @param {Status} said */
  #renderHalt(state, said) {
    this.#halt.hidden = said.help === '';
    const key = said.label + said.help;
    if (key === this.#halted) return;
    this.#halted = key;
    if (said.help === '') return this.#halt.replaceChildren();
    const way = state.link.phase === 'waiting' ? textButton('Try now', this.#retry)
      : state.paused ? textButton('Resume', () => this.#togglePause()) : null;
    this.#halt.replaceChildren(el('span', { class: 'halt-icon' }, icon(said.icon)),
      el('div', {}, el('p', { class: 'halt-title' }, said.label), el('p', { class: 'fine' }, said.help)),
      ...(way ? [way] : []));
  }

  /** @param {State} state */
  #renderNotices(state) {
    setText(this.#limited, state.limited);
    this.#limited.hidden = state.limited === '';
    setText(this.#snoozed, state.snoozed ? snoozed(state.snoozed.for) : '');
    this.#snoozed.hidden = state.snoozed === null;
    if (state.notices === this.#noticed) return;
    this.#noticed = state.notices;
    this.#notices.replaceChildren(...state.notices.map(({ id, tone, text }) =>
      el('div', { class: 'notice', 'data-tone': tone },
        el('p', {}, ...(tone === 'whisper' ? [el('strong', {}, 'From your supervisor')] : []), el('span', {}, text)),
        iconButton('close', 'Close this notice', () => this.#dispatch({ type: 'close_notice', id })))));
  }

  #togglePause() {
    if (this.#state?.link.phase === 'open') this.#send({ type: this.#state.paused ? 'resume' : 'pause' });
  }

  /** @param {Panel} chosen */
  #show(chosen) {
    for (const panel of PANELS) {
      byId(`${panel}-panel`, HTMLElement).hidden = panel !== chosen;
      byId(`tab-${panel}`, HTMLButtonElement).setAttribute('aria-pressed', String(panel === chosen));
    }
  }
}
