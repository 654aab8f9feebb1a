/**
 * What was said, line by line; arrow keys walk through it, and what is looked at elsewhere is scrolled to.
 *
 * @import {Review, Unheard, Utterance} from './document.js'
 * @import {Selection} from './selection.js'
 */
import { clock } from '../clock.js';
import { el } from '../dom.js';
import { MARK } from '../labels.js';
import { spokenBy } from './document.js';
import { UNHEARD } from './labels.js';

const KEYS = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };

/** Lines from which only those in sight are laid out. */
const LONG = 1500;

/** Frames in which nothing may move before a line counts as found. */
const STEADY = 5;

/** @param {Review} review @param {Selection} selection @param {string} [agent] how the agent is called @returns {HTMLElement} */
export function words(review, selection, agent = 'You') {
  const { utterances } = review;
  const notes = notesOf(review);
  const rows = utterances.map((utterance, index) => row(utterance, index, notes.get(index) ?? [], agent));
  const list = el('ol', { class: 'script', 'data-long': String(rows.length > LONG), role: 'listbox', tabindex: '0', 'aria-label': 'Words of the call' }, ...rows);
  list.addEventListener('click', ({ target }) => {
    const line = target instanceof Element ? target.closest('li') : null;
    if (line) selection.select(Number(line.dataset['index']), 'words');
  });
  list.addEventListener('keydown', (event) => {
    const by = KEYS[/** @type {keyof typeof KEYS} */ (event.key)];
    if (by === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    selection.select(Math.min(rows.length - 1, Math.max(0, selection.index + by)), 'words');
  });
  /** @type {HTMLLIElement | undefined} */ let shown;
  selection.follow((index, origin) => {
    shown?.setAttribute('aria-selected', 'false');
    shown = rows[index];
    if (!shown) return;
    shown.setAttribute('aria-selected', 'true');
    list.setAttribute('aria-activedescendant', shown.id);
    reveal(list, shown, origin !== 'words');
  });
  return el('section', { class: 'words-card', 'aria-labelledby': 'words-title' },
    el('h2', { id: 'words-title' }, 'Words'),
    utterances.length ? list : el('p', { class: 'fine' }, 'No words of this call are kept.'));
}

/** @param {Utterance} utterance @param {number} index @param {string[]} notes @param {string} agent @returns {HTMLLIElement} */
function row({ channel, start, text }, index, notes, agent) {
  return el('li', { id: `said-${index}`, class: 'said-line', role: 'option', 'aria-selected': 'false',
    'data-index': String(index), 'data-channel': channel },
  el('span', { class: 'said-at' }, clock(start)),
  el('span', { class: 'said-who', dir: 'auto' }, channel === 'agent' ? agent : 'Customer'),
  el('span', { class: 'said-words' }, el('bdi', {}, text), ...notes.map((note) => el('span', { class: 'said-note' }, note))));
}

/** What is noted beside the lines, by their index. @param {Review} review @returns {Map<number, string[]>} */
function notesOf({ utterances, noes, marks, unheard }) {
  /** @type {Map<number, string[]>} */ const notes = new Map();
  /** @param {number} index @param {string} note */
  const add = (index, note) => notes.set(index, [...(notes.get(index) ?? []), note]);
  for (const no of noes) add(spokenBy(utterances, 'agent', no.at), `No ${no.number}`);
  for (const mark of [...marks, ...noes.flatMap((no) => no.marks)]) {
    add(spokenBy(utterances, 'agent', mark.at), MARK[mark.kind]);
  }
  for (const span of unheard) add(lastBefore(utterances, span.start), gap(span));
  return notes;
}

/** @param {Unheard} span @returns {string} */
function gap({ start, end, channel, why }) {
  const side = channel === null ? '' : channel === 'agent' ? 'your side, ' : 'the customer’s side, ';
  return `From ${clock(start)} to ${clock(end)}: ${side}${UNHEARD[why]}.`;
}

/** @param {readonly Utterance[]} utterances @param {number} at @returns {number} */
function lastBefore(utterances, at) {
  const after = utterances.findIndex((utterance) => utterance.start >= at);
  return Math.max(0, (after < 0 ? utterances.length : after) - 1);
}

/**
 * Scrolls the list to the line, and the page to the list where that is out of sight.
 * @param {HTMLElement} list @param {HTMLElement} line @param {boolean} far
 */
function reveal(list, line, far) {
  let steady = 0;
  const scroll = () => {
    const { offsetTop: top, offsetHeight: height } = line;
    const before = list.scrollTop;
    const seen = top >= list.scrollTop && top + height <= list.scrollTop + list.clientHeight;
    if (!seen) list.scrollTop = top - (list.clientHeight - height) / 2;
    steady = list.scrollTop === before ? steady + 1 : 0;
    // Lines that were never in sight have an estimated height, and get their own in one of the next frames.
    if (steady < STEADY) requestAnimationFrame(scroll);
  };
  scroll();
  const { top: above, bottom } = list.getBoundingClientRect();
  if (far && (above > innerHeight - 80 || bottom < 80)) list.scrollIntoView({ block: 'nearest' });
}
