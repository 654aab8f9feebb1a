/**
 * The four marks of a no: hollow while a part is missing, a filled disc with its own sign once it was heard.
 *
 * @import {Moment, Parts} from './protocol.js'
 * @import {State} from './store.js'
 */
import { byId, el, icon } from './dom.js';
import { PART } from './labels.js';
import { PARTS } from './protocol.js';

/** @param {Parts} parts @param {boolean} named with the labels under the marks @returns {HTMLUListElement} */
export function marks(parts, named) {
  return el('ul', { class: named ? 'marks named' : 'marks' }, ...PARTS.map((part) => {
    const lit = parts[part];
    return el('li', { class: 'mark', 'data-part': part, 'data-lit': String(lit), title: PART[part].label },
      el('span', { class: 'mark-sign' }, ...(lit ? [icon(part)] : [])),
      el('span', { class: named ? 'mark-label' : 'unseen' }, PART[part].label),
      el('span', { class: 'unseen' }, lit ? ': heard' : ': not yet'));
  }));
}

/** The quiet cue of the newest moment while it lives, and a breath longer where it was repaired. */
export class Cue {
  #root = byId('cue', HTMLElement);
  /** @type {Moment | null} */ #shown = null;

  /** @param {State} state */
  render(state) {
    const moment = living(state);
    const calm = state.calmUntil > 0;
    this.#root.hidden = moment === null;
    this.#root.dataset['calm'] = String(calm);
    if (moment === this.#shown) return;
    this.#shown = moment;
    if (moment === null) return this.#root.replaceChildren();
    const word = calm ? '' : moment.holding ? 'looking…' : moment.unsure ? 'not sure' : '';
    this.#root.replaceChildren(marks(moment.parts, true), ...(word ? [el('p', { class: 'cue-word' }, word)] : []));
  }
}

/** @param {State} state @returns {Moment | null} */
function living(state) {
  const moment = state.moments.at(-1);
  if (moment === undefined || state.call === null) return null;
  return moment.state === 'open' || moment.state === 'nudged' || state.calmUntil > 0 ? moment : null;
}
