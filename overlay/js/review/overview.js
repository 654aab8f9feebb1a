/**
 * The head of the review: which call, what could not be heard, what went well, and what the next call can have.
 *
 * @import {Noted, Review} from './document.js'
 */
import { clock } from '../clock.js';
import { el, icon, quoted } from '../dom.js';
import { MARK } from '../labels.js';
import { when } from './time.js';

/** @param {Review} review @returns {HTMLElement[]} */
export function overview(review) {
  return [head(review), ...limits(review.limits), el('div', { class: 'pair' }, praise(review), ...nextTime(review))];
}

/** @param {Review} review @returns {HTMLElement} */
function head({ call, noes }) {
  const facts = [
    clock(call.seconds),
    ...(call.agent ? [call.agent] : []),
    noes.length === 1 ? '1 no' : `${noes.length} noes`,
    call.nudges === 1 ? '1 nudge' : `${call.nudges} nudges`,
    ...(call.transcriber ? [`words by ${call.transcriber}`] : []),
  ];
  return el('header', { class: 'review-head' },
    el('p', { class: 'fine' }, 'Call review · ', el('bdi', {}, call.id)),
    el('h1', {}, when(call.started_at)),
    el('p', { class: 'facts' }, ...facts.map((fact) => el('bdi', {}, fact))));
}

/** @param {string[]} lines @returns {HTMLElement[]} */
function limits(lines) {
  return lines.length === 0 ? [] : [el('ul', { class: 'limits', 'aria-label': 'What this review cannot know' },
    ...lines.map((line) => el('li', {}, icon('hint'), el('span', {}, line))))];
}

/** @param {Review} review @returns {HTMLElement} */
function praise({ praise: lines }) {
  return el('section', { class: 'card well', 'aria-labelledby': 'well-title' },
    el('h2', { id: 'well-title' }, 'What went well'),
    el('ul', { class: 'ticks' }, ...lines.map((line) => el('li', {}, icon('praise'), el('span', {}, line)))));
}

/** @param {Review} review @returns {HTMLElement[]} */
function nextTime({ next_time: lines, marks }) {
  return lines.length + marks.length === 0 ? [] : [el('section', { class: 'card', 'aria-labelledby': 'next-title' },
    el('h2', { id: 'next-title' }, 'For the next call'),
    el('ul', { class: 'dots' }, ...lines.map((line) => el('li', {}, line)), ...marks.map(note)))];
}

/** One quiet mark, with the words that show it. @param {Noted} mark @returns {HTMLLIElement} */
export function note({ at, kind, quote, text, note: rule }) {
  return el('li', { class: 'noted' }, el('strong', {}, `${MARK[kind]}, ${clock(at)}. `), text,
    ...(quote ? [' ', ...quoted(quote)] : []), ...(rule ? [' ', el('bdi', {}, rule)] : []));
}
