/**
 * The page for a state: what is pressed here, each larger thing in a file of its own.
 *
 * @import {Command} from './protocol.js'
 * @import {Floating} from './floating.js'
 * @import {LocalEvent, State} from './store.js'
 */
import { byId, label, setText } from './dom.js';
import { Keys } from './help.js';
import { History } from './history.js';
import { HubLine } from './hubline.js';
import { Cue } from './marks.js';
import { MicrophoneCard } from './microphonecard.js';
import { Notices } from './notices.js';
import { NudgeCard } from './nudge.js';
import { Privacy } from './privacy.js';
import { snoozeButtons } from './snooze.js';
import { StatusLine } from './statusline.js';
import { Summary } from './summary.js';
import { Tally } from './tally.js';
import { TypeSize } from './typesize.js';
import { Words } from './words.js';

/** @typedef {'words' | 'history' | 'summary'} Panel */
/** @type {readonly Panel[]} */
const PANELS = ['words', 'history', 'summary'];
const REFUSED = 'Float: this browser opens no window for this page';

export class View {
  #app = byId('app', HTMLElement);
  #explain = byId('explain', HTMLElement);
  #elsewhere = byId('elsewhere', HTMLElement);
  #pause = byId('pause', HTMLButtonElement);
  #float = byId('float', HTMLButtonElement);
  #call = byId('call', HTMLButtonElement);
  #praise = byId('praise', HTMLElement);
  #praiseCard = byId('praise-card', HTMLElement);
  #panels = PANELS.map((name) =>
    ({ name, panel: byId(`${name}-panel`, HTMLElement), tab: byId(`tab-${name}`, HTMLButtonElement) }));
  #snoozes = snoozeButtons((span) => {
    this.#nudge.snooze(span);
    this.#keys.close();
  });
  #words = new Words();
  #cue = new Cue();
  #summary = new Summary();
  #microphone = new MicrophoneCard();
  #status; #notices; #hub; #nudge; #history; #privacy; #tally; #type; #keys; #floating; #dispatch; #send;
  /** @type {State | null} */ #state = null;

  /**
   * @param {(event: LocalEvent) => void} dispatch @param {(command: Command) => void} send
   * @param {() => void} retry connects now @param {Floating} floating
   */
  constructor(dispatch, send, retry, floating) {
    this.#dispatch = dispatch;
    this.#send = send;
    this.#floating = floating;
    const again = () => dispatch({ type: 'tick' });
    this.#status = new StatusLine(retry, () => this.#togglePause());
    this.#hub = new HubLine();
    this.#notices = new Notices(dispatch, () => this.#wake(), () => this.#toggleFloat());
    this.#nudge = new NudgeCard(dispatch, send);
    this.#history = new History((id, helpful) => {
      send({ type: 'feedback', id, helpful });
      dispatch({ type: 'rated', id, helpful });
    });
    this.#privacy = new Privacy(() => {
      again();
      this.#app.scrollTop = 0;
    });
    this.#tally = new Tally(again);
    this.#type = new TypeSize(again);
    this.#keys = this.#makeKeys();
    this.#pause.addEventListener('click', () => this.#togglePause());
    this.#float.addEventListener('click', () => this.#toggleFloat());
    byId('bring-back', HTMLButtonElement).addEventListener('click', () => this.#floating.back());
    this.#call.addEventListener('click', () => send({ type: this.#state?.call == null ? 'call_start' : 'call_end' }));
    for (const { name, tab } of this.#panels) tab.addEventListener('click', () => this.#show(name));
  }

  /** Whether a nudge that is rendered is seen, and not behind what must be read first. @returns {boolean} */
  get shows() {
    return !this.#privacy.standing;
  }

  /** @param {State} state @param {number} now */
  render(state, now) {
    const before = this.#state;
    this.#state = state;
    const shut = state.link.phase === 'no_session' || state.link.phase === 'stranger';
    this.#explain.hidden = !shut;
    this.#app.hidden = shut;
    this.#elsewhere.hidden = state.place !== 'floating';
    this.#status.render(state, now);
    this.#privacy.render(state);
    this.#app.dataset['new'] = String(this.#privacy.standing);
    this.#tally.render(state);
    this.#type.render();
    this.#nudge.render(state, now);
    this.#cue.render(state);
    setText(this.#praise, state.praise?.text ?? '');
    this.#praiseCard.dataset['on'] = String(state.praise !== null);
    this.#notices.render(state);
    this.#hub.render(state);
    this.#microphone.render(state);
    this.#words.render(state);
    this.#history.render(state);
    this.#summary.render(state);
    this.#app.dataset['nudge'] = String(state.nudge !== null);
    this.#renderButtons(state);
    if (state.scorecard !== before?.scorecard) this.#show(state.scorecard ? 'summary' : 'words');
    if (before !== null && state.place !== before.place) this.#move(now);
  }

  /** @param {State} state */
  #renderButtons(state) {
    if (state.paused) label(this.#pause, 'play', 'Resume listening', 'p');
    else label(this.#pause, 'paused', 'Pause listening', 'p');
    if (state.place === 'floating') label(this.#float, 'dock', 'Bring the panel back', 'f');
    else label(this.#float, 'float', state.place === 'refused' ? REFUSED : 'Float above other windows', 'f');
    for (const button of this.#snoozes.slice(0, -1)) button.disabled = state.call === null; // "today" needs no call
    const deaf = state.mic !== null && state.mic !== 'on' && state.mic !== 'paused';
    this.#pause.disabled = this.#call.disabled = state.link.phase !== 'open' || deaf;
    setText(this.#call, state.call === null ? 'Start call' : 'End call');
    this.#call.dataset['primary'] = String(state.call === null);
    for (const { name, tab } of this.#panels) if (name === 'summary') tab.hidden = state.scorecard === null;
  }

  /** What a change of the window undoes. @param {number} now */
  #move(now) {
    this.#nudge.move(now);
    this.#words.move();
    this.#float.focus();
  }

  /** @returns {Keys} */
  #makeKeys() {
    const help = byId('help-open', HTMLButtonElement);
    const keys = new Keys([
      { names: ['1', '2', '3'], does: 'Mark a suggestion as yours', press: (key) => this.#nudge.take(Number(key) - 1) },
      { names: ['?'], does: 'Why this nudge', press: () => this.#nudge.why() || keys.open() },
      { names: ['h'], does: 'The nudge is helpful', press: () => this.#nudge.rate(true) },
      { names: ['n'], does: 'The nudge is not helpful', press: () => this.#nudge.rate(false) },
      { names: ['Escape', 'd'], does: 'Dismiss the nudge', press: () => this.#nudge.escape() },
      { names: ['s'], does: 'Snooze nudges for 10 s', press: () => this.#nudge.snooze(10) },
      { names: ['w'], does: 'Wake: end a snooze', press: () => this.#wake() },
      { names: ['p'], does: 'Pause and resume listening', press: () => this.#togglePause() },
      { names: ['f'], does: 'Float above other windows, and back', press: () => this.#toggleFloat() },
      { names: ['k'], does: 'This page', press: () => keys.open() },
    ]);
    label(help, 'help', 'Keys, marks and type size', 'k');
    byId('snoozes', HTMLElement).append(...this.#snoozes);
    help.addEventListener('click', () => keys.open());
    return keys;
  }

  #togglePause() {
    if (!this.#pause.disabled && this.#state) this.#send({ type: this.#state.paused ? 'resume' : 'pause' });
  }

  #toggleFloat() {
    if (this.#state?.place === 'floating') this.#floating.back();
    else void this.#floating.open((page) => this.#keys.listen(page));
  }

  #wake() {
    if (this.#state?.snoozed == null) return;
    this.#send({ type: 'snooze', for: 0 });
    this.#dispatch({ type: 'asked_snooze', for: 0 });
  }

  /** @param {Panel} chosen */
  #show(chosen) {
    for (const { name, panel, tab } of this.#panels) {
      panel.hidden = name !== chosen;
      tab.setAttribute('aria-pressed', String(name === chosen));
    }
  }
}
