/**
 * The nudge: one line, one sign, a slim count to its end, and what the agent may do with it.
 *
 * @import {Command, SnoozeFor} from './protocol.js'
 * @import {LocalEvent, Standing, State} from './store.js'
 */
import { byId, el, icon, iconButton, setText, textButton } from './dom.js';
import { KIND_ICON } from './labels.js';

const SECOND = 1000;

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
  #calm = matchMedia('(prefers-reduced-motion: reduce)');
  #heard; #up; #down; #first; #second; #dispatch; #send;

  /** @param {(event: LocalEvent) => void} dispatch @param {(command: Command) => void} send */
  constructor(dispatch, send) {
    this.#dispatch = dispatch;
    this.#send = send;
    this.#heard = iconButton('quote', 'Show what was heard', () => this.#showQuote(this.#quote.hidden));
    this.#up = iconButton('up', 'Helpful', () => this.rate(true), 'h');
    this.#down = iconButton('down', 'Not helpful', () => this.rate(false));
    const more = iconButton('snooze', 'Snooze nudges', () => this.#showSnooze(true));
    const close = iconButton('close', 'Dismiss', () => this.dismiss(), 'd');
    this.#first = el('div', { class: 'row' },
      this.#heard, el('span', { class: 'spring' }), this.#up, this.#down, more, close);
    const ten = textButton('10 s', () => this.snooze(10));
    ten.setAttribute('aria-label', 'Snooze nudges for 10 seconds');
    this.#second = el('div', { class: 'row', role: 'group', 'aria-label': 'Snooze nudges for' },
      iconButton('back', 'Back', () => this.#showSnooze(false)), el('span', { class: 'spring' }), ten,
      textButton('This call', () => this.snooze('call')), textButton('Today', () => this.snooze('today')));
    this.#actions.append(this.#first, this.#second);
    this.#heard.setAttribute('aria-expanded', 'false');
    this.#heard.setAttribute('aria-controls', this.#quote.id);
  }

  /** @param {State} state @param {number} now */
  render(state, now) {
    const standing = state.nudge;
    const rated = standing && state.past.find((past) => past.nudge.id === standing.nudge.id)?.helpful;
    this.#up.setAttribute('aria-pressed', String(rated === true));
    this.#down.setAttribute('aria-pressed', String(rated === false));
    if (standing === this.#standing) return;
    const renewed = standing !== null && standing.nudge.id === this.#standing?.nudge.id;
    this.#standing = standing;
    if (standing === null) this.#leave();
    else this.#paint(standing, renewed);
    this.#countDown(standing, now);
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

  /** @param {Standing} standing @param {boolean} renewed */
  #paint({ nudge }, renewed) {
    this.#root.dataset['kind'] = nudge.kind;
    setText(this.#text, nudge.text);
    setText(this.#quote, `heard: “${nudge.quote}”`);
    this.#heard.hidden = nudge.quote === '';
    this.#actions.hidden = false;
    this.#suggestions.hidden = nudge.suggestions.length === 0;
    this.#suggestions.replaceChildren(...nudge.suggestions.slice(0, 3).map((text) => el('li', { title: text }, text)));
    if (renewed) return;
    this.#icon.replaceChildren(icon(KIND_ICON[nudge.kind] ?? 'hint'));
    this.#showQuote(false);
    this.#showSnooze(false);
  }

  #leave() {
    if (this.#root.contains(document.activeElement)) this.#stage.focus(); // the keyboard must not fall off the page
    delete this.#root.dataset['kind'];
    setText(this.#text, '');
    this.#actions.hidden = this.#quote.hidden = this.#suggestions.hidden = true;
    this.#icon.replaceChildren();
  }

  /** @param {Standing | null} standing @param {number} now */
  #countDown(standing, now) {
    this.#count?.cancel();
    if (standing === null) return;
    const whole = standing.hidesAt - standing.shownAt;
    const left = Math.max(0, standing.hidesAt - now);
    this.#count = this.#countdown.animate(
      [{ transform: `scaleX(${left / whole})` }, { transform: 'scaleX(0)' }],
      { duration: left, fill: 'forwards', easing: this.#calm.matches ? `steps(${Math.ceil(left / SECOND)})` : 'linear' },
    );
  }

  /** @param {boolean} shown */
  #showQuote(shown) {
    this.#quote.hidden = !shown;
    this.#heard.setAttribute('aria-expanded', String(shown));
  }

  /** @param {boolean} shown */
  #showSnooze(shown) {
    const within = this.#actions.contains(document.activeElement);
    this.#first.hidden = shown;
    this.#second.hidden = !shown;
    if (within) (shown ? this.#second : this.#first).querySelector('button')?.focus();
  }
}
