/**
 * The alerts beside the wall: those that wait on top, the newest first; what somebody took care of below.
 *
 * @import {About, Deeds} from './alertcard.js'
 * @import {Entry} from './desk.js'
 * @import {State} from './store.js'
 */
import { byId, setText } from '../dom.js';
import { AlertCard } from './alertcard.js';
import { Calm } from './calm.js';
import { handled, waiting } from './desk.js';
import { counted } from './labels.js';
import { Settled, place } from './order.js';
import { serverNow } from './store.js';

/** So many that are taken care of are listed. */
const LISTED = 20;

export class AlertList {
  #root = byId('alerts', HTMLElement);
  #open = byId('alerts-open', HTMLOListElement);
  #done = byId('alerts-done', HTMLOListElement);
  #past = byId('alerts-past', HTMLElement);
  #none = byId('alerts-none', HTMLElement);
  #counts = [byId('alerts-count', HTMLElement), byId('show-count', HTMLElement)];
  #fresh = byId('alerts-fresh', HTMLButtonElement);
  /** @type {Map<string, AlertCard>} */ #cards = new Map();
  #order = new Settled();
  #calm; #deeds;

  /** @param {Deeds} deeds @param {(anew: boolean) => void} again renders; `anew`: things may move */
  constructor(deeds, again) {
    this.#deeds = deeds;
    this.#calm = new Calm(this.#root, () => again(false));
    this.#fresh.addEventListener('click', () => again(true));
  }

  /**
   * @param {State} state @param {number} now
   * @param {boolean} anew whether alerts may change their places although a hand is on them
   */
  render(state, now, anew) {
    const user = state.me?.user ?? '';
    const may = anew || this.#calm.rests || this.#open.childElementCount === 0;
    const wait = waiting(state.desk, user);
    const order = this.#order.arrange(wait.map(({ alert }) => alert.id), may);
    // While a hand is on the list, what is new waits behind a button: nothing moves under the mouse.
    const late = may ? 0 : wait.filter(({ alert }) => !this.#listed(alert.id)).length;
    const shown = order.filter((id) => state.desk.has(id) && (may || this.#listed(id)));
    place(this.#open, shown.map((id) => this.#render(id, state, now)));
    const done = handled(state.desk, user).filter(({ alert }) => !shown.includes(alert.id)).slice(0, LISTED);
    place(this.#done, done.map(({ alert }) => this.#render(alert.id, state, now)));
    this.#past.hidden = done.length === 0;
    this.#none.hidden = wait.length > 0 || shown.length > 0;
    this.#fresh.hidden = late === 0;
    setText(this.#fresh, counted(late, 'new alert'));
    for (const count of this.#counts) setText(count, wait.length > 0 ? String(wait.length) : '');
    for (const id of this.#cards.keys()) if (!state.desk.has(id)) this.#cards.delete(id);
  }

  /** The alert that the keys are about, where one has the focus. @returns {AlertCard | null} */
  get focused() {
    for (const card of this.#cards.values()) if (card.element.contains(document.activeElement)) return card;
    return null;
  }

  /** The card of this alert. @param {string} id @returns {AlertCard | null} */
  card(id) {
    return this.#cards.get(id) ?? null;
  }

  /** Goes so many alerts on, or back. @param {number} step */
  move(step) {
    const cards = [...this.#open.children, ...(this.#past.hidden ? [] : this.#done.children)];
    const at = cards.findIndex((card) => card.contains(document.activeElement));
    const to = cards[at < 0 ? 0 : Math.max(0, Math.min(cards.length - 1, at + step))];
    if (to instanceof HTMLElement) to.focus();
  }

  /** @param {string} id @returns {boolean} whether it stands among those that wait */
  #listed(id) {
    return this.#cards.get(id)?.element.parentElement === this.#open;
  }

  /** @param {string} id @param {State} state @param {number} now @returns {HTMLElement} */
  #render(id, state, now) {
    const card = this.#cards.get(id) ?? new AlertCard(this.#deeds);
    this.#cards.set(id, card);
    card.render(about(state, /** @type {Entry} */ (state.desk.get(id))), serverNow(state, now));
    return card.element;
  }
}

/** @param {State} state @param {Entry} entry @returns {About} */
export function about(state, entry) {
  return {
    entry, card: state.agents.get(entry.alert.agent), me: state.me ?? { user: '', name: '' },
    connected: state.link.phase === 'open', colleagues: state.people.colleagues,
  };
}
