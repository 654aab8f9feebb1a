/**
 * How the noes of the call that ended were said.
 *
 * @import {No, Part, Scorecard} from './protocol.js'
 * @import {State} from './store.js'
 */
import { byId, el, icon, quoted } from './dom.js';
import { noted } from './history.js';
import { ENDED, PART } from './labels.js';

export class Summary {
  #root = byId('summary-panel', HTMLElement);
  /** @type {Scorecard | null} */ #shown = null;

  /** @param {State} state */
  render({ scorecard, lost, kept, ended }) {
    if (scorecard === this.#shown) return;
    this.#shown = scorecard;
    this.#root.replaceChildren(...(scorecard ? page(scorecard, lost, kept ? ended : null) : []));
  }
}

/**
 * @param {Scorecard} card @param {number} lost seconds @param {string | null} call one that was kept
 * @returns {HTMLElement[]}
 */
function page(card, lost, call) {
  const { counts, well_redirected: redirected, closing, noes, marks = [] } = card;
  const also = asked(card);
  return [
    el('h2', {}, 'Call ended'),
    el('p', { class: 'lead' }, headline(counts.noes, counts.well_said)),
    el('dl', { class: 'counts' },
      ...count('Said well', counts.well_said), ...count('Repaired', counts.repaired),
      ...count('Recovered', counts.recovered), ...count('Left as is', counts.expired),
      ...count('Nudges', counts.nudges), ...count('Redirected', redirected)),
    el('p', { class: 'closing', 'data-lit': String(closing) }, icon(closing ? 'praise' : 'idle'),
      closing ? 'Closed politely' : 'No polite close was heard'),
    ...(card.gracious ? [el('p', { class: 'closing', 'data-lit': 'true' }, icon('praise'),
      'You thanked a customer who leaves')] : []),
    ...(also ? [el('p', { class: 'fine' }, also)] : []),
    ...(lost > 0 ? [el('p', { class: 'fine' }, `${lost.toFixed(1)} s of sound did not come through.`)] : []),
    ...(call ? [el('p', {}, el('a', { class: 'review', href: `review/${encodeURIComponent(call)}`, target: '_blank',
      rel: 'noopener' }, 'Review this call'))] : []),
    el('ol', { class: 'entries' }, ...noes.map(no)),
    ...(marks.length > 0 ? [el('details', { class: 'notes' },
      el('summary', {}, `To look at afterwards: ${marks.length}`), ...marks.map(noted))] : []),
  ];
}

/** What the agent asked and promised; empty where there was none. @param {Scorecard} card @returns {string} */
function asked({ buy_ins: buyIns = 0, clarified = 0, promises = 0 }) {
  const said = [
    ...times('asked what would work', buyIns), ...times('asked back', clarified),
    ...times('promised to look', promises),
  ];
  return said.length > 0 ? `You ${said.join(', ')}.` : '';
}

/** @param {string} what @param {number} count @returns {string[]} */
function times(what, count) {
  return count === 0 ? [] : [`${what} ${['once', 'twice'][count - 1] ?? `${count} times`}`];
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
    ...(asked ? [el('p', { class: 'fine' }, ...quoted(asked))] : []),
    el('p', { class: 'entry-quote' }, ...quoted(quote)),
    el('ol', { class: 'steps', 'aria-label': 'Parts in the order in which they came' },
      ...parts.map(({ part, words }) => el('li', { class: 'step', 'data-part': part, title: words },
        icon(part), PART[/** @type {Part} */ (part)]?.label ?? part))),
    el('p', { class: 'fine' }, ENDED[state]));
}
