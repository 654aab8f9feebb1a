/**
 * What the signs of the timeline mean: only of those that this call has.
 *
 * @import {Review} from './document.js'
 */
import { el, icon } from '../dom.js';
import { KIND_ICON, PART } from '../labels.js';
import { PARTS } from '../protocol.js';

/** @param {Review} review @returns {HTMLElement} */
export function legend({ noes, unheard }) {
  const seen = new Set(noes.flatMap((no) => no.breaths.flatMap(({ steps }) => steps.map(({ part }) => part))));
  const nudge = noes.flatMap((no) => no.nudges)[0];
  const parts = PARTS.filter((part) => seen.has(part));
  return el('ul', { class: 'legend-row', 'aria-label': 'What the signs mean' },
    ...(noes.length ? [entry(el('span', { class: 'no-number' }, '1'), 'a no')] : []),
    ...(noes.some((no) => no.grace) ? [entry(el('span', { class: 'swatch grace' }), 'time to mend it yourself')] : []),
    ...(noes.length ? [entry(el('span', { class: 'swatch life' }), 'until it was mended, or left')] : []),
    ...(nudge ? [entry(el('span', { class: 'sign nudge-sign', 'data-kind': nudge.kind }, icon(KIND_ICON[nudge.kind])),
      'nudge')] : []),
    ...parts.map((part) => entry(el('span', { class: 'sign', 'data-part': part }, icon(part)), PART[part].label)),
    ...(unheard.length ? [entry(el('span', { class: 'swatch deaf' }), 'not heard')] : []));
}

/** @param {HTMLElement} sign @param {string} name @returns {HTMLLIElement} */
function entry(sign, name) {
  return el('li', {}, sign, name);
}
