/**
 * The nudge: one line, one sign, a slim count to its end, and what the agent may do with it.
 *
 * @import {Command, SnoozeFor} from './protocol.js'
 * @import {LocalEvent, Standing, State} from './store.js'
 */
import { byId, el, icon, iconButton, quoted, setText } from './dom.js';
import { KIND_ICON } from './labels.js';
import { snoozeButtons } from './snooze.js';

const SECOND = 1000;
const SUGGESTIONS = 3;

export class NudgeCard {
  #root = byId('nudge', HTMLElement);
  #icon = byId('nudge-icon', HTMLElement);
  #text = byId('nudge-text', HTMLElement);
  #suggestions = byId('nudge-suggestions', HTMLElement);
  #quote = byId('nudge-quote', HTMLElement);
  #actions = byId('nudge-actions', HTMLElement);
  #countdown = byId('nudge-countdown', HTMLElement);
  #stage = byId('stage', HTMLElement);
  /** @type {Standing | null} */ #standing = null;
  /** @type {Animation | null} */ #count = null;
  /** @type {{text: string, button: HTMLButtonElement}[]} */ #chips = [];
  #calm = matchMedia('(prefers-reduced-motion: reduce)');
  #heard; #up; #down; #first; #second; #dispatch; #send;

  /** @param {(event: LocalEvent) => void} dispatch @param {(command: Command) => void} send */
  constructor(dispatch, send) {
    this.#dispatch = dispatch;
    this.#send = send;
    this.#heard = iconButton('quote', 'Why: show what was heard', () => this.why(), '?');
    this.#up = iconButton('up', 'Helpful', () => this.rate(true), 'h');
    this.#down = iconButton('down', 'Not helpful', () => this.rate(false), 'n');
    const more = iconButton('snooze', 'Snooze nudges', () => this.#showSnooze(true));
    const close = iconButton('close', 'Dismiss', () => this.dismiss(), 'Escape');
    this.#first = el('div', { class: 'row' },
      this.#heard, el('span', { class: 'spring' }), this.#up, this.#down, more, close);
    this.#second = el('div', { class: 'row', role: 'group', 'aria-label': 'Snooze nudges for' },
      iconButton('back', 'Back', () => this.#showSnooze(false)), el('span', { class: 'spring' }),
      ...snoozeButtons((span) => this.snooze(span)));
    this.#actions.append(this.#first, this.#second);
    this.#heard.setAttribute('aria-expanded', 'false');
    this.#heard.setAttribute('aria-controls', this.#quote.id);
  }

  /** @param {State} state @param {number} now */
  render(state, now) {
    const standing = state.nudge;
    const past = standing && state.past.find(({ nudge }) => nudge.id === standing.nudge.id);
    this.#up.setAttribute('aria-pressed', String(past?.helpful === true));
    this.#down.setAttribute('aria-pressed', String(past?.helpful === false));
    if (standing !== this.#standing) this.#change(standing, now);
    for (const { text, button } of this.#chips) button.setAttribute('aria-pressed', String(text === past?.taken));
  }

  /** The panel has moved to another window, whose time another clock tells. @param {number} now */
  move(now) {
    this.#countDown(now);
  }

  /** Closes what is open: the choice of a snooze first, then the nudge. */
  escape() {
    if (this.#second.hidden) this.dismiss();
    else this.#showSnooze(false);
  }

  /** Shows or hides the words that the nudge answers. @returns {boolean} whether there is a nudge */
  why() {
    if (this.#standing === null) return false;
    this.#showQuote(this.#quote.hidden);
    return true;
  }

  /** Marks a suggestion as the agent's choice; nobody else is told. @param {number} index */
  take(index) {
    const nudge = this.#standing?.nudge;
    const text = nudge?.suggestions.slice(0, SUGGESTIONS)[index];
    if (nudge !== undefined && text !== undefined) this.#dispatch({ type: 'took', id: nudge.id, text });
  }

  dismiss() {
    const id = this.#standing?.nudge.id;
    if (id === undefined) return;
    this.#send({ type: 'dismiss', id });
    this.#dispatch({ type: 'hide', id });
  }

  /** @param {boolean} helpful */
  rate(helpful) {
    const id = this.#standing?.nudge.id;
    if (id === undefined) return;
    this.#send({ type: 'feedback', id, helpful });
    this.#dispatch({ type: 'rated', id, helpful });
  }

  /** @param {SnoozeFor} span */
  snooze(span) {
    this.#send({ type: 'snooze', for: span });
    this.#dispatch({ type: 'asked_snooze', for: span });
  }

  /** @param {Standing | null} standing @param {number} now */
  #change(standing, now) {
    const renewed = standing !== null && standing.nudge.id === this.#standing?.nudge.id;
    this.#standing = standing;
    if (standing === null) this.#leave();
    else this.#paint(standing, renewed);
    this.#countDown(now);
  }

  /** @param {Standing} standing @param {boolean} renewed */
  #paint({ nudge }, renewed) {
    this.#root.dataset['kind'] = nudge.kind;
    setText(this.#text, nudge.text);
    this.#quote.replaceChildren(
      ...nudge.quote === '' ? ['nothing was heard to quote'] : ['heard: ', ...quoted(nudge.quote)]);
    this.#actions.hidden = false;
    this.#offer(nudge.suggestions.slice(0, SUGGESTIONS));
    if (renewed) return;
    this.#icon.replaceChildren(icon(KIND_ICON[nudge.kind] ?? 'hint'));
    this.#showQuote(false);
    this.#showSnooze(false);
    this.#root.scrollIntoView({ block: 'nearest' }); // a low window may stand further down
  }

  /** @param {string[]} texts */
  #offer(texts) {
    this.#suggestions.hidden = texts.length === 0;
    if (texts.join('\n') === this.#chips.map(({ text }) => text).join('\n')) return; // the keyboard may be on one
    this.#chips = texts.map((text, index) => ({ text, button: this.#chip(text, index) }));
    this.#suggestions.replaceChildren(...this.#chips.map(({ button }) => el('li', {}, button)));
  }

  /** @param {string} text @param {number} index @returns {HTMLButtonElement} */
  #chip(text, index) {
    const key = String(index + 1);
    const button = el('button', { type: 'button', class: 'chip', title: text, 'aria-keyshortcuts': key },
      el('kbd', { 'aria-hidden': 'true' }, key), el('span', { dir: 'auto' }, text));
    button.addEventListener('click', () => this.take(index));
    return button;
  }

  #leave() {
    // The keyboard must not fall off the page.
    if (this.#root.contains(this.#root.ownerDocument.activeElement)) this.#stage.focus();
    delete this.#root.dataset['kind'];
    setText(this.#text, '');
    this.#actions.hidden = this.#quote.hidden = this.#suggestions.hidden = true;
    this.#icon.replaceChildren();
  }

  /** @param {number} now */
  #countDown(now) {
    this.#count?.cancel();
    const standing = this.#standing;
    if (standing === null) return;
    const whole = standing.hidesAt - standing.shownAt;
    const left = Math.max(0, standing.hidesAt - now);
    const easing = this.#calm.matches ? `steps(${Math.max(1, Math.ceil(left / SECOND))})` : 'linear';
    this.#count = this.#countdown.animate(
      [{ transform: `scaleX(${left / whole})` }, { transform: 'scaleX(0)' }],
      { duration: left, fill: 'forwards', easing },
    );
  }

  /** @param {boolean} shown */
  #showQuote(shown) {
    this.#quote.hidden = !shown;
    this.#heard.setAttribute('aria-expanded', String(shown));
  }

  /** @param {boolean} shown */
  #showSnooze(shown) {
    const within = this.#actions.contains(this.#actions.ownerDocument.activeElement);
    this.#first.hidden = shown;
    this.#second.hidden = !shown;
    if (within) (shown ? this.#second : this.#first).querySelector('button')?.focus();
  }
}
