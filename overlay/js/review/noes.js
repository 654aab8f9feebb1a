/**
 * Each no as its steps in the order in which they came, with the words, and how it could be said.
 *
 * @import {Breath, Instead, No, Nudged, Review} from './document.js'
 * @import {Selection} from './selection.js'
 */
import { clock } from '../clock.js';
import { el, icon, quoted } from '../dom.js';
import { CLEARED, ENDED, KIND_ICON, KIND_NAME, PART, WITHHELD } from '../labels.js';
import { isGood, spokenBy } from './document.js';
import { SOURCE, STEP } from './labels.js';
import { note } from './overview.js';

/** @param {Review} review @param {Selection} selection @returns {HTMLElement} */
export function noes({ noes: all, utterances }, selection) {
  const cards = all.map((no) => card(no, (at) => selection.select(spokenBy(utterances, 'agent', at), 'noes')));
  const homes = new Map(all.map((no, place) => [spokenBy(utterances, 'agent', no.at), cards[place]]));
  selection.follow((index) => {
    for (const one of cards) one.dataset['on'] = String(one === homes.get(index));
  });
  return el('section', { class: 'noes', 'aria-labelledby': 'noes-title' },
    el('h2', { id: 'noes-title' }, all.length === 1 ? 'The no' : 'Each no'),
    all.length ? el('ol', { class: 'no-cards' }, ...cards)
      : el('p', { class: 'fine' }, 'Nothing had to be refused.'));
}

/** @param {No} no @param {(at: number) => void} show @returns {HTMLLIElement} */
function card(no, show) {
  const time = el('button', { type: 'button', class: 'text-button at', title: 'Show the words' }, clock(no.at));
  time.addEventListener('click', () => show(no.at));
  return el('li', { id: `no-${no.number}`, class: 'card no', tabindex: '-1', 'data-state': no.state },
    el('div', { class: 'no-head' }, el('span', { class: 'no-number' }, String(no.number)), time, outcome(no)),
    ...(no.asked ? [el('p', { class: 'fine' }, 'They asked: ', ...quoted(no.asked))] : []),
    el('h3', {}, ...quoted(no.quote)),
    ...(no.noes > 1 ? [el('p', { class: 'fine' }, `Said ${no.noes} times.`)] : []),
    ...no.nudges.map(nudge),
    ...(no.breaths.length ? [el('ol', { class: 'said-steps', 'aria-label': 'Steps in the order in which they came' },
      ...no.breaths.map((one) => breath(one, no)))] : []),
    ...(no.order ? [el('p', { class: 'fine' }, no.order)] : []),
    ...no.instead.map(instead),
    ...missing(no));
}

/** @param {No} no @returns {HTMLElement} */
function outcome(no) {
  const { state, unsure, withheld, well_said: well } = no;
  const words = [well ? 'Well said' : ENDED[state], ...(well && state !== 'repaired' ? [ENDED[state]] : []),
    ...(withheld ? [WITHHELD[withheld]] : []), ...(unsure ? ['perhaps no refusal at all'] : [])];
  return el('p', { class: 'outcome', 'data-good': String(isGood(no)) },
    words.join(' · '));
}

/** @param {Nudged} nudge @returns {HTMLElement} */
function nudge({ at, kind, text, suggestions, renewed, why, helpful }) {
  const end = [...(renewed ? ['shown anew'] : []), ...(why ? [CLEARED[why]] : []),
    ...(helpful === null ? [] : [helpful ? 'helpful, you said' : 'not helpful, you said'])];
  return el('div', { class: 'nudged', 'data-kind': kind },
    el('span', { class: 'nudge-icon small', title: KIND_NAME[kind] }, icon(KIND_ICON[kind])),
    el('p', {}, el('span', { class: 'fine' }, `Nudge at ${clock(at)}: `), el('strong', {}, text),
      ...(end.length ? [el('span', { class: 'fine' }, ` ${end.join(', ')}`)] : []),
      ...(suggestions.length ? [el('span', { class: 'offers fine' }, `You could offer: ${suggestions.join(' · ')}`)] : [])));
}

/** @param {Breath} breath @param {No} no its own words stand above already @returns {HTMLLIElement} */
function breath({ at, words, steps }, { quote }) {
  const finished = steps.some(({ part }) => part === null);
  return el('li', {},
    el('p', { class: 'step-names' }, ...steps.map(({ step, part }) => el('span', { class: 'step',
      'data-part': part ?? 'finish', title: part ? PART[part].means : 'You let them finish.' },
    icon(part ?? 'let_them_finish'), part ? `${STEP[step]}: ${PART[part].label.toLowerCase()}` : STEP[step])),
    el('span', { class: 'fine' }, clock(at))),
    ...(words === quote ? [] : [el('p', { class: 'step-words' }, finished ? 'You let them finish: ' : '', ...quoted(words))]));
}

/** @param {Instead} line @returns {HTMLElement} */
function instead({ said: words, instead: other, source }) {
  return el('div', { class: 'instead' },
    el('p', { class: 'was' }, el('span', { class: 'fine' }, 'Instead of '), ...quoted(words)),
    el('p', { class: 'can' }, ...quoted(other)),
    el('p', { class: 'fine' }, SOURCE[source]));
}

/** @param {No} no @returns {HTMLElement[]} */
function missing({ missing: parts, marks }) {
  if (parts.length + marks.length === 0) return [];
  const title = parts.length ? 'Not heard in this no' : 'Noted';
  return [el('p', { class: 'fine' }, `${title}:`), el('ul', { class: 'dots missing', 'aria-label': title },
    ...parts.map(({ part, text }) => el('li', { 'data-part': part }, text)), ...marks.map(note))];
}
