/**
 * Who needs a human, and which cards are looked for: what the wall is filtered and sorted by.
 *
 * @import {Card, AgentState} from './protocol.js'
 * @import {Desk, Entry} from './desk.js'
 * @import {Agents} from './floor.js'
 *
 * @typedef {{text: string, team: string, state: AgentState | '', help: boolean}} Filter `help`: only who needs help
 * @typedef {ReadonlyMap<string, Entry>} Calling the alert of each agent who needs help: the one that waits longest
 */
import { waiting } from './desk.js';

/** @type {Filter} */
export const EVERYBODY = { text: '', team: '', state: '', help: false };

const names = new Intl.Collator(undefined, { sensitivity: 'base', numeric: true });

/** @param {Desk} desk @param {string} user @returns {Calling} */
export function calling(desk, user) {
  /** @type {Map<string, Entry>} */ const found = new Map();
  for (const entry of waiting(desk, user)) found.set(entry.alert.agent, entry); // newest first, so the oldest stays
  return found;
}

/** Whether a card asks for a human: an alert waits, or the sound is gone. @param {Card} card @param {Calling} calling */
export function needsHelp(card, calling) {
  return calling.has(card.agent) || card.state === 'unheard';
}

/** @param {Card} card @param {Filter} filter @param {Calling} calling @returns {boolean} */
export function fits(card, { text, team, state, help }, calling) {
  if (team !== '' && card.team !== team) return false;
  if (state !== '' && card.state !== state) return false;
  if (help && !needsHelp(card, calling)) return false;
  const wanted = text.trim().toLowerCase();
  return wanted === '' || [card.name, card.agent, card.team, card.moment?.quote ?? '', card.moment?.asked ?? '']
    .some((said) => said.toLowerCase().includes(wanted));
}

/**
 * The agents that fit, by team in the order of the teams' names; in each who has waited longest first, then by name. It
 * says nothing of who is better: there is no such order here.
 * @param {Agents} agents @param {Filter} filter @param {Calling} calling @returns {Map<string, string[]>}
 */
export function sorted(agents, filter, calling) {
  /** @type {Map<string, Card[]>} */ const teams = new Map();
  for (const card of agents.values()) {
    if (!fits(card, filter, calling)) continue;
    const team = teams.get(card.team);
    if (team) team.push(card);
    else teams.set(card.team, [card]);
  }
  const order = [...teams].sort(([one], [other]) => names.compare(one, other));
  return new Map(order.map(([team, cards]) => [team, cards.sort(before).map(({ agent }) => agent)]));

  /** @param {Card} one @param {Card} other @returns {number} */
  function before(one, other) {
    return since(one) - since(other) || names.compare(one.name, other.name) || (one.agent < other.agent ? -1 : 1);
  }

  /** @param {Card} card @returns {number} */
  function since(card) {
    const entry = calling.get(card.agent);
    return entry ? entry.raisedAt : needsHelp(card, calling) ? Number.MAX_SAFE_INTEGER - 1 : Number.MAX_SAFE_INTEGER;
  }
}
