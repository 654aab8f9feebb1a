/**
 * The alerts of a call that is over: why, when, and who took care of it.
 *
 * @import {Alert, Me} from './calls.js'
 */
import { handledBy, missing, whyOf } from '../board/labels.js';
import { clock } from '../clock.js';
import { el, icon, quoted } from '../dom.js';

/** @param {readonly Alert[]} alerts @param {Me} me @returns {HTMLElement[]} */
export function alerts(alerts, me) {
  return alerts.length === 0 ? [] : [el('section', { class: 'card', 'aria-labelledby': 'alerts-title' },
    el('h2', { id: 'alerts-title' }, alerts.length === 1 ? 'The alert' : 'Alerts'),
    el('ul', { class: 'ticks kept-alerts' }, ...alerts.map((alert) => entry(alert, me))))];
}

/** @param {Alert} alert @param {Me} me @returns {HTMLLIElement} */
function entry(alert, me) {
  const { label, icon: image } = whyOf(alert.why);
  // Only what became of it in the end is kept: a snooze that is over says nothing now.
  const done = handledBy({ .../** @type {import('../board/protocol.js').Alert} */ (/** @type {unknown} */ (alert)) }, me, new Map());
  return el('li', {}, icon(image), el('div', {},
    el('p', {}, el('strong', {}, label), ` at ${clock(alert.at)}`),
    ...(alert.quote ? [el('p', {}, ...quoted(alert.quote))] : []),
    el('p', { class: 'fine' }, [...(alert.missing.length ? [`Not heard by then: ${missing(alert.missing)}`] : []),
      done || 'Nobody took it up'].join(' · '))));
}
