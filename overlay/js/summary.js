/**
 * How the noes of the call that ended were said.
 *
 * @import {No, Part, Scorecard} from './protocol.js'
 * @import {State} from './store.js'
 */
import { byId, el, icon } from './dom.js';
import { ENDED, PART } from './labels.js';

export class Summary {
  #root = byId('summary-panel', HTMLElement);
  /** @type {Scorecard | null} */ #shown = null;

  /** @param {State} state */
  render({ scorecard, lost }) {
    if (scorecard === this.#shown) return;
    this.#shown = scorecard;
    this.#root.replaceChildren(...(scorecard ? page(scorecard, lost) : []));
  }
}

/** @param {Scorecard} card @param {number} lost seconds @returns {HTMLElement[]} */
function page({ counts, well_redirected: redirected, closing, noes }, lost) {
  return [
    el('h2', {}, 'Call ended'),
    el('p', { class: 'lead' }, headline(counts.noes, counts.well_said)),
    el('dl', { class: 'counts' },
      ...count('Said well', counts.well_said), ...count('Repaired', counts.repaired),
      ...count('Recovered', counts.recovered), ...count('Left as is', counts.expired),
      ...count('Nudges', counts.nudges), ...count('Redirected', redirected)),
    el('p', { class: 'closing', 'data-lit': String(closing) }, icon(closing ? 'praise' : 'idle'),
      closing ? 'Closed politely' : 'No polite close was heard'),
    ...(lost > 0 ? [el('p', { class: 'fine' }, `${lost.toFixed(1)} s of sound did not come through.`)] : []),
    el('ol', { class: 'entries' }, ...noes.map(no)),
  ];
}

/** @param {number} noes @param {number} well @returns {string} */
function headline(noes, well) {
  if (noes === 0) return 'No request was refused.';
  const all = noes === 1 ? '1 no' : `${noes} noes`;
  return well === noes ? `${all}, all said well.` : `${all}, ${well || 'none'} said well.`;
}

/** @param {string} name @param {number} value @returns {HTMLElement[]} */
function count(name, value) {
  return [el('div', { 'data-zero': String(value === 0) }, el('dt', {}, name), el('dd', {}, String(value)))];
}

/** @param {No} no @returns {HTMLLIElement} */
function no({ quote, asked, state, parts }) {
  return el('li', { class: 'entry', 'data-state': state },
    ...(asked ? [el('p', { class: 'fine' }, `“${asked}”`)] : []),
    el('p', { class: 'entry-quote' }, `“${quote}”`),
    el('ol', { class: 'steps', 'aria-label': 'Parts in the order in which they came' },
      ...parts.map(({ part, words }) => el('li', { class: 'step', 'data-part': part, title: words },
        icon(part), PART[/** @type {Part} */ (part)]?.label ?? part))),
    el('p', { class: 'fine' }, ENDED[state]));
}
