/** A team on the wall: its cards, how many of them need help, and a heading that folds it away. */
import { el, icon, setText } from '../dom.js';
import { recall, remember } from '../remembered.js';
import { counted } from './labels.js';
import { Settled, place } from './order.js';

const NAME = 'board.folded';

export class TeamView {
  #count = el('span', { class: 'team-count' });
  #help = el('span', { class: 'team-help', hidden: '' });
  #fold = el('button', { type: 'button', class: 'team-fold' });
  #list = el('ol', { class: 'cards' });
  #order = new Settled();

  /** @param {string} name */
  constructor(name) {
    this.name = name;
    this.#fold.append(icon('down-arrow'), el('span', { class: 'team-name', dir: 'auto' }, name || 'No team'), this.#count, this.#help);
    this.#fold.addEventListener('click', () => this.#set(!this.#list.hidden));
    this.element = el('section', { class: 'team', 'aria-label': name || 'No team' }, el('h2', {}, this.#fold), this.#list);
    this.#list.setAttribute('aria-label', `Agents of ${name || 'no team'}`);
    this.#set(folded().includes(name), false);
  }

  /** @returns {boolean} */
  get open() {
    return !this.#list.hidden;
  }

  /** How many cards would stand elsewhere. @returns {number} */
  get late() {
    return this.#order.late;
  }

  /** @param {readonly string[]} wanted @param {boolean} may @returns {readonly string[]} the agents in the order shown */
  arrange(wanted, may) {
    return this.#order.arrange(wanted, may);
  }

  /** @param {readonly Element[]} cards in their order @param {number} helpless how many of them need help */
  render(cards, helpless) {
    place(this.#list, cards);
    setText(this.#count, String(cards.length));
    setText(this.#help, helpless > 0 ? `${counted(helpless, 'needs', 'need')} help` : '');
    this.#help.hidden = helpless === 0;
  }

  /** @param {boolean} away @param {boolean} [keep] whether to remember it */
  #set(away, keep = true) {
    this.#list.hidden = away;
    this.#fold.setAttribute('aria-expanded', String(!away));
    if (!keep) return;
    const others = folded().filter((name) => name !== this.name);
    remember(NAME, JSON.stringify(away ? [...others, this.name] : others));
  }
}

/** @returns {string[]} the teams that are folded away */
function folded() {
  try {
    const kept = JSON.parse(recall(NAME) ?? '[]');
    return Array.isArray(kept) ? kept.map(String) : [];
  } catch {
    return []; // somebody else wrote there
  }
}
