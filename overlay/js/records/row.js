/**
 * One call in the list, and the heading of its day.
 *
 * @import {Kept} from './calls.js'
 */
import { counted, timeOfDay } from '../board/labels.js';
import { clock } from '../clock.js';
import { el } from '../dom.js';
import { whose } from './calls.js';

/** @type {Record<string, string>} */
const STATE = { on: 'on now', cut_off: 'cut off', ended: '' };

/** @param {Kept} call @param {boolean} own whether all calls are of the one who reads @returns {HTMLLIElement} */
export function row(call, own) {
  const { id, started_at: began, seconds, noes, nudges, team, state } = call;
  const said = STATE[state] ?? '';
  const cells = [
    cell('time', timeOfDay(Date.parse(began))),
    ...(own ? [] : [cell('who', whose(call)), cell('team', team ?? '')]),
    cell('length', clock(seconds)),
    cell('noes', noes === 0 ? 'no noes' : counted(noes, 'no', 'noes'), noes === 0),
    cell('nudges', nudges === 0 ? '' : counted(nudges, 'nudge')),
    ...(said === '' ? [] : [el('span', { class: 'row-state' }, el('span', { class: 'badge' }, said))]),
  ];
  return el('li', {}, el('a', { class: 'row', href: `#call=${encodeURIComponent(id)}`, 'data-call': id },
    ...cells.flatMap((one) => [one, ' ']))); // the spaces keep words apart where they are read aloud
}

/** The day of a call where the reader is. @param {Kept} call @param {Date} now @returns {string} */
export function dayOf({ started_at: began }, now) {
  const at = new Date(began);
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (at.toDateString() === now.toDateString()) return 'Today';
  if (at.toDateString() === yesterday.toDateString()) return 'Yesterday';
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'full' }).format(at);
}

/** @param {string} name @param {string} text @param {boolean} [quiet] @returns {HTMLElement} */
function cell(name, text, quiet = false) {
  return el('span', { class: `row-${name}`, ...(quiet ? { 'data-quiet': 'true' } : {}) }, el('bdi', {}, text));
}
