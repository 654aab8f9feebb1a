/**
 * One agent on the wall: made once, then only what changed is written. Its height never changes, so nothing below jumps.
 *
 * @import {Card} from './protocol.js'
 * @import {Entry} from './desk.js'
 */
import { clock } from '../clock.js';
import { el, icon, setText } from '../dom.js';
import { CLEARED } from '../labels.js';
import { marks } from '../marks.js';
import { severity } from './desk.js';
import { counted, nameOf, span, stateOf, whyOf } from './labels.js';

let made = 0;

export class CardView {
  #id = `card-${++made}`;
  #state = el('span', { class: 'card-state', id: `${this.#id}-state` });
  #sign = el('span', { class: 'card-sign' });
  #clock = el('time', { class: 'card-clock', role: 'timer', 'aria-live': 'off' });
  #bare = el('span', { class: 'card-bare' });
  #sample = el('span', { class: 'badge', hidden: '' }, 'Sample');
  #line = el('p', { class: 'card-line', id: `${this.#id}-line`, dir: 'auto' });
  #marks = el('div', { class: 'card-marks' });
  /** @type {Card | null} */ #card = null;
  /** @type {Entry | undefined} */ #entry;
  #image = ''; #missing = '-';

  /** @param {(agent: string) => void} open */
  constructor(open) {
    this.button = el('button', {
      type: 'button', class: 'card-open', tabindex: '-1', 'aria-describedby': `${this.#id}-state ${this.#id}-line`,
    });
    this.button.addEventListener('click', () => this.#card && open(this.#card.agent));
    this.element = el('li', { class: 'card' },
      el('div', { class: 'card-head' }, this.#sign, this.button, this.#sample, this.#clock),
      el('div', { class: 'card-about' }, this.#state, this.#bare),
      this.#line, this.#marks);
  }

  /** @returns {Card | null} */
  get card() {
    return this.#card;
  }

  /**
   * @param {Card} card @param {Entry | undefined} entry the alert that waits for somebody @param {number} serverNow
   */
  render(card, entry, serverNow) {
    if (card === this.#card && entry === this.#entry) return;
    this.#card = card;
    this.#entry = entry;
    const { label, icon: image } = entry ? whyOf(entry.alert.why) : stateOf(card.state);
    const level = entry ? severity(entry.alert) : card.state === 'unheard' ? 'unheard' : '';
    set(this.element, 'level', level);
    set(this.element, 'state', card.state);
    setText(this.button, nameOf(card, card.agent));
    setText(this.#state, entry ? `${label}${card.call === null ? ', the call is over' : ''}` : label);
    this.#sample.hidden = !card.sample;
    set(this.element, 'sample', String(card.sample));
    setText(this.#bare, card.unrepaired > 0 ? `${card.unrepaired} bare` : '');
    this.#bare.title = card.unrepaired > 0 ? `${counted(card.unrepaired, 'no', 'noes')} of this call left bare` : '';
    if (image !== this.#image) this.#sign.replaceChildren(icon(image));
    this.#image = image;
    this.#renderNo(card, entry);
    this.tick(serverNow);
  }

  /** @param {Card} card @param {Entry | undefined} entry */
  #renderNo({ moment, nudge, call }, entry) {
    const quote = moment?.quote || entry?.alert.quote || '';
    const last = nudge && call !== null ? `${nudge.text}${nudge.why ? ` · ${CLEARED[nudge.why] ?? nudge.why}` : ''}` : '';
    setText(this.#line, quote === '' ? last : `“${quote}”`);
    set(this.element, 'line', quote !== '' ? 'quote' : last !== '' ? 'nudge' : '');
    const missing = moment ? moment.missing.join() : '-';
    if (missing !== this.#missing) {
      this.#missing = missing;
      this.#marks.replaceChildren(...(moment ? [marks(heard(moment.missing), false)] : []));
    }
    const under = quote === '' ? '' : last;
    if (under === '' && this.#marks.lastElementChild?.className === 'card-nudge') this.#marks.lastElementChild.remove();
    if (under === '') return;
    const line = this.#marks.lastElementChild?.className === 'card-nudge'
      ? this.#marks.lastElementChild : this.#marks.appendChild(el('span', { class: 'card-nudge', dir: 'auto' }));
    setText(line, under);
  }

  /** Whether its call is looked into. @param {boolean} opened */
  mark(opened) {
    set(this.element, 'opened', String(opened));
  }

  /** What the clock changes. @param {number} serverNow milliseconds */
  tick(serverNow) {
    if (this.#card === null) return;
    const { state, since, call_since: started } = this.#card;
    const from = Date.parse(state === 'on' && started ? started : since);
    const passed = Math.max(0, serverNow - from);
    setText(this.#clock, Number.isNaN(passed) ? '' : state === 'on' ? clock(passed / 1000) : span(passed));
  }

  /** The agent left while somebody was about to press: it stays in its place, and says so. */
  leave() {
    if (this.#card === null || this.element.dataset['state'] === 'gone') return;
    this.#entry = undefined;
    this.#card = { ...this.#card, state: 'away', call: null };
    set(this.element, 'level', '');
    set(this.element, 'state', 'gone');
    setText(this.#state, 'Gone');
    setText(this.#line, '');
  }
}

/** @param {readonly string[]} missing */
function heard(missing) {
  const lacks = new Set(missing);
  return {
    acknowledgement: !lacks.has('acknowledgement'), reason: !lacks.has('reason'),
    alternative: !lacks.has('alternative'), buy_in: !lacks.has('buy_in'),
  };
}

/** @param {HTMLElement} element @param {string} name @param {string} value */
function set(element, name, value) {
  if (element.dataset[name] !== value) element.dataset[name] = value;
}
