/**
 * Which calls are looked for, and how that is asked.
 *
 * @typedef {{text: string, having: string, agent: string, team: string, since: string, until: string}} Wanted
 *   the days as 2026-11-01, both included; what is empty does not matter
 */

/** How many calls are shown at a time. */
export const PAGE = 50;

/** @type {Wanted} */
export const ALL = { text: '', having: '', agent: '', team: '', since: '', until: '' };

/** What a call can have in it. @type {Record<string, string>} */
export const HAVING = {
  '': 'Anything',
  unrepaired: 'A no left as it was',
  nudged: 'A nudge',
  alert: 'An alert',
};

/** @param {Wanted} wanted @returns {boolean} */
export function isAll(wanted) {
  return Object.values(wanted).every((value) => value === '');
}

/** Whether the first day lies after the last one. @param {Wanted} wanted @returns {boolean} */
export function isBackwards({ since, until }) {
  return since !== '' && until !== '' && since > until;
}

/** The question as the hub reads it. @param {Wanted} wanted @param {string} after where the page before ended @returns {string} */
export function query({ since, until, ...rest }, after) {
  const asked = { ...rest, since: midnight(since, 0), until: midnight(until, 1), after, limit: String(PAGE) };
  return String(new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== '')));
}

/** When a day begins where the reader is, so many days later. @param {string} day @param {number} later @returns {string} */
function midnight(day, later) {
  if (day === '') return '';
  const at = new Date(`${day}T00:00:00`);
  at.setDate(at.getDate() + later); // not 24 hours: clocks are changed twice a year
  return Number.isNaN(at.getTime()) ? '' : at.toISOString();
}
