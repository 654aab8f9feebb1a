/**
 * The people of one's teams: whom an alert can be assigned to, which teams there are, and whether they have agents.
 *
 * @typedef {ReadonlyMap<string, string>} Colleagues names by login name
 * @typedef {{colleagues: Colleagues, teams: readonly string[], agentless: boolean}} People `agentless`: no agent of
 *   these teams has an account
 */
import { ask } from '../session.js';

/** Before the server said anything. @type {People} */
export const UNMET = { colleagues: new Map(), teams: [], agentless: false };

/** @param {string} me one's own login name @returns {Promise<People | null>} null where the server does not say */
export async function people(me) {
  const [users, teams] = await Promise.all([ask('GET', 'api/users'), ask('GET', 'api/teams')]);
  if (!Array.isArray(users.body) || !Array.isArray(teams.body)) return null;
  return {
    colleagues: supervisors(users.body, me), teams: teams.body.map(String),
    agentless: !users.body.some((one) => one?.role === 'agent' && !one.disabled),
  };
}

/** The other supervisors. @param {unknown} users as the server lists them @param {string} me @returns {Colleagues} */
export function supervisors(users, me) {
  if (!Array.isArray(users)) return new Map();
  const found = users.filter((one) => (one?.role === 'supervisor' || one?.role === 'admin') && !one.disabled && one.user !== me);
  return new Map(found.map(({ user, name }) => [String(user), String(name || user)]));
}

/** The login name of who is meant by a name or a login name; null for nobody. @param {Colleagues} known @param {string} said */
export function meant(known, said) {
  const wanted = said.trim().toLowerCase();
  for (const [user, name] of known) if (user === wanted || name.toLowerCase() === wanted) return user;
  return null;
}
