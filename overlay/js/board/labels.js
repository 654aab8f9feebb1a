/**
 * The words that the board uses for states, alerts and times.
 *
 * @import {AgentState, Alert, AlertWhy, Card} from './protocol.js'
 * @import {Severity} from './desk.js'
 */
import { PART } from '../labels.js';
import { knownPart } from './protocol.js';

/** @type {Record<AgentState, {label: string, icon: string}>} */
export const STATE = {
  on: { label: 'In a call', icon: 'call' },
  ready: { label: 'Ready', icon: 'idle' },
  paused: { label: 'Paused', icon: 'paused' },
  unheard: { label: 'Not heard', icon: 'unplugged' },
  away: { label: 'Away', icon: 'away' },
};

/** @type {Record<AlertWhy, {label: string, icon: string}>} */
export const WHY = {
  wants_to_cancel: { label: 'Wants to cancel', icon: 'cancel' },
  asked_for_manager: { label: 'Asked for a manager', icon: 'manager' },
  second_unrepaired: { label: 'Second bare no', icon: 'twice' },
};

/** @type {Record<Severity, string>} */
export const SEVERITY_NAME = { high: 'Urgent', middle: 'Important', low: 'Worth a look' };

/** @param {AgentState} state */
export function stateOf(state) {
  return STATE[state] ?? { label: state, icon: 'idle' };
}

/** @param {AlertWhy} why */
export function whyOf(why) {
  return WHY[why] ?? { label: 'May need help', icon: 'twice' };
}

/** @param {readonly string[]} parts @returns {string} */
export function missing(parts) {
  return parts.map((part) => {
    const known = knownPart(part);
    return known ? PART[known].label : part;
  }).join(', ');
}

/** A span of time as one says it: "just now", "4 min", "2 h". @param {number} milliseconds @returns {string} */
export function span(milliseconds) {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return 'just now';
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** @param {number} milliseconds @returns {string} */
export function ago(milliseconds) {
  const said = span(milliseconds);
  return said === 'just now' ? said : `${said} ago`;
}

/** @param {number} count @param {string} one @param {string} [many] @returns {string} */
export function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

/** The time of day of an instant. @param {number} instant @returns {string} */
export function timeOfDay(instant) {
  return new Date(instant).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}

/**
 * Who took care of an alert, and how.
 * @param {Alert} alert @param {{user: string, name: string}} me @param {ReadonlyMap<string, string>} names by login name @returns {string}
 */
export function handledBy({ state, by, to, until }, me, names) {
  const who = by === '' ? '' : by === me.name || by === me.user ? ' by you' : ` by ${by}`;
  switch (state) {
    case 'acknowledged': return `Acknowledged${who}`;
    case 'snoozed': return `Snoozed${who} ${until ? `until ${timeOfDay(Date.parse(until))}` : 'for this call'}`;
    case 'assigned': return to === me.user ? `Assigned to you${who}` : `With ${names.get(to) ?? to}${who ? `, assigned${who}` : ''}`;
    default: return '';
  }
}

/** @param {Card | undefined} card @param {string} agent @returns {string} */
export function nameOf(card, agent) {
  return card?.name || agent || 'Somebody';
}
