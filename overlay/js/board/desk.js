/**
 * The alerts of the floor, and how they go on: pure, like all folds.
 *
 * @import {Alert, AlertWhy} from './protocol.js'
 *
 * @typedef {'high' | 'middle' | 'low'} Severity
 * @typedef {{alert: Alert, raisedAt: number, asked: number, told: number}} Entry `raisedAt`: by the server's clock, in
 *   milliseconds; `asked`: when somebody pressed a button here that is not answered yet, 0 for none; `told`: the number
 *   of the connection that told it last
 * @typedef {ReadonlyMap<string, Entry>} Desk
 */

/** @type {Desk} */
export const CLEAR = new Map();

/** How long a button waits for the server's answer, in milliseconds. */
export const ANSWER_WITHIN = 6_000;

/** How many alerts that somebody took care of are kept in sight. */
const KEPT = 40;

/** @type {Record<AlertWhy, Severity>} */
export const SEVERITY = { wants_to_cancel: 'high', asked_for_manager: 'middle', second_unrepaired: 'low' };

/** @param {Alert} alert @returns {Severity} */
export function severity({ why }) {
  return SEVERITY[why] ?? 'low';
}

/** Whether it waits for somebody: for anybody, or for this `user`. @param {Alert} alert @param {string} user @returns {boolean} */
export function waits({ state, to }, user) {
  return state === 'open' || (state === 'assigned' && user !== '' && to === user);
}

/**
 * @param {Desk} desk @param {Alert} alert @param {number} serverNow @param {number} told @returns {Desk}
 */
export function hear(desk, alert, serverNow, told) {
  const before = desk.get(alert.id);
  const raisedAt = alert.raised_at ? Date.parse(alert.raised_at) : (before?.raisedAt ?? serverNow);
  return trim(new Map(desk).set(alert.id, { alert, raisedAt, asked: 0, told }));
}

/** Somebody pressed a button of this alert. @param {Desk} desk @param {string} id @param {number} now @returns {Desk} */
export function ask(desk, id, now) {
  const entry = desk.get(id);
  return entry ? new Map(desk).set(id, { ...entry, asked: now }) : desk;
}

/** What the clock changes: a snooze that is over is open again, a button that was not answered can be pressed again.
 * @param {Desk} desk @param {number} serverNow @param {number} now @returns {Desk} */
export function wake(desk, serverNow, now) {
  /** @type {Map<string, Entry> | null} */ let next = null;
  for (const [id, entry] of desk) {
    const over = entry.alert.state === 'snoozed' && entry.alert.until !== null && Date.parse(entry.alert.until) <= serverNow;
    const late = entry.asked > 0 && now - entry.asked >= ANSWER_WITHIN;
    if (!over && !late) continue;
    next ??= new Map(desk);
    next.set(id, { ...entry, asked: late ? 0 : entry.asked, alert: over ? { ...entry.alert, state: 'open', until: null } : entry.alert });
  }
  return next ?? desk;
}

/** Without what the server did not tell again since connection number `told`. @param {Desk} desk @param {number} told @returns {Desk} */
export function confirmed(desk, told) {
  const kept = [...desk].filter(([, entry]) => entry.told >= told);
  return kept.length === desk.size ? desk : new Map(kept);
}

/** @param {Desk} desk @param {string} user @returns {Entry[]} those that wait, the newest first */
export function waiting(desk, user) {
  return [...desk.values()].filter(({ alert }) => waits(alert, user)).sort(newest);
}

/** @param {Desk} desk @param {string} user @returns {Entry[]} those that somebody took care of, the newest first */
export function handled(desk, user) {
  return [...desk.values()].filter(({ alert }) => !waits(alert, user)).sort(newest);
}

/**
 * Whether a change is news to `user`: an alert that begins to wait, and did not before.
 * @param {Alert | undefined} before @param {Alert} now @param {string} user @returns {boolean}
 */
export function rings(before, now, user) {
  if (!waits(now, user)) return false;
  return before === undefined || !waits(before, user);
}

/** @param {Entry} one @param {Entry} other @returns {number} */
function newest(one, other) {
  return other.raisedAt - one.raisedAt || (one.alert.id < other.alert.id ? 1 : -1);
}

/** @param {Map<string, Entry>} desk @returns {Desk} */
function trim(desk) {
  const done = [...desk.values()].filter(({ alert }) => alert.state === 'acknowledged').sort(newest);
  for (const { alert } of done.slice(KEPT)) desk.delete(alert.id);
  return desk;
}
