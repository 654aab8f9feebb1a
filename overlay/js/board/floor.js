/**
 * The agents of the floor, and how each message of the wall changes them: pure, like all folds.
 *
 * @import {Card, Wall} from './protocol.js'
 *
 * @typedef {ReadonlyMap<string, Card>} Agents by the agent's login name
 */

/** @type {Agents} */
export const NOBODY = new Map();

/** Clocks that differ by less are the same clock, seen through a network; in milliseconds. */
const JITTER = 2_000;

/** The cards that did not change stay the same objects. @param {Agents} agents @param {Wall} wall @returns {Agents} */
export function fold(agents, wall) {
  const next = new Map(wall.whole ? NOBODY : agents);
  for (const { team, cards, gone } of wall.teams) {
    for (const agent of gone) if (next.get(agent)?.team === team) next.delete(agent); // not who has just changed the team
    for (const card of cards) next.set(card.agent, card);
  }
  return next;
}

/**
 * How far the server's clock is ahead of this page's, in milliseconds. A message is only ever late, so the largest
 * difference is the best; one that is far off means that a clock was set.
 * @param {number | null} known @param {string} said @param {number} now @returns {number}
 */
export function ahead(known, said, now) {
  const seen = Date.parse(said) - now;
  return known === null || Math.abs(seen - known) > JITTER ? seen : Math.max(known, seen);
}

/** @param {Agents} agents @returns {{all: number, on: number}} */
export function census(agents) {
  let on = 0;
  for (const card of agents.values()) if (card.call !== null) on += 1;
  return { all: agents.size, on };
}
