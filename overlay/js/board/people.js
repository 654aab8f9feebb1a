/**
 * Whom an alert can be assigned to: the other supervisors of one's teams.
 *
 * @typedef {ReadonlyMap<string, string>} Colleagues names by login name
 */
import { ask } from '../session.js';

/** @param {string} me one's own login name @returns {Promise<Colleagues>} nobody where the server does not say */
export async function colleagues(me) {
  const { body } = await ask('GET', 'api/users');
  return supervisors(body, me);
}

/** @param {unknown} users as the server lists them @param {string} me @returns {Colleagues} */
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
