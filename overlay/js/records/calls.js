/**
 * What the hub tells of calls that are kept.
 *
 * @import {Info, Review} from '../review/document.js'
 * @import {Alert as Raised} from '../board/protocol.js'
 *
 * @typedef {Info & {owner: string | null, team: string | null}} Kept
 * @typedef {Pick<Raised, 'why' | 'quote' | 'missing' | 'state' | 'by' | 'to' | 'until'> & {at: number}} Alert
 * @typedef {Review & {call: Kept, alerts: Alert[], sample: boolean}} KeptReview
 * @typedef {{role: string, user: string, name: string}} Me
 */
import { ask } from '../session.js';
import { query } from './wanted.js';

/** @import {Wanted} from './wanted.js' */

/** Who is in; null where nobody is. @returns {Promise<{status: number, me: Me | null}>} */
export async function whoami() {
  const { status, body } = await ask('GET', 'api/session');
  if (status !== 200) return { status, me: null };
  const { role, user, name } = body;
  return { status, me: { role: String(role), user: String(user), name: String(name || user) } };
}

/**
 * Some calls, the newest first; `after`: where to go on, empty at the end.
 * @param {Wanted} wanted @param {string} after @returns {Promise<{status: number, calls: Kept[], after: string, sample: boolean}>}
 */
export async function page(wanted, after) {
  const { status, body } = await ask('GET', `api/calls?${query(wanted, after)}`);
  const calls = Array.isArray(body['calls']) ? /** @type {Kept[]} */ (body['calls']) : [];
  return { status, calls, after: typeof body['after'] === 'string' ? body['after'] : '', sample: body['sample'] === true };
}

/** @param {string} id @returns {Promise<{status: number, review: KeptReview | null}>} */
export async function review(id) {
  const { status, body } = await ask('GET', `api/calls/${encodeURIComponent(id)}/review`);
  return { status, review: status === 200 ? /** @type {KeptReview} */ (/** @type {unknown} */ (body)) : null };
}

/** @param {string} id @returns {Promise<number>} the status */
export async function remove(id) {
  return (await ask('DELETE', `api/calls/${encodeURIComponent(id)}`)).status;
}

/** Names of agents, and of teams, that one may see. @returns {Promise<{agents: string[], teams: string[]}>} */
export async function people() {
  const [users, teams] = await Promise.all([ask('GET', 'api/users'), ask('GET', 'api/teams')]);
  const known = Array.isArray(users.body) ? users.body.filter((one) => one?.role === 'agent') : [];
  return {
    agents: known.map(({ user, name }) => String(name || user)).sort((one, other) => one.localeCompare(other)),
    teams: Array.isArray(teams.body) ? teams.body.map(String) : [],
  };
}

/** Whose call it was. @param {Kept} call @returns {string} */
export function whose({ agent, owner }) {
  return agent || owner || 'Somebody';
}
