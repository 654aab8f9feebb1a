/**
 * How an alert makes itself known: by its severity, unless it is muted or quiet hours are on. Pure.
 *
 * @import {Severity} from './desk.js'
 * @typedef {'off' | 'sound' | 'notification' | 'both'} Way
 * @typedef {{ways: Record<Severity, Way>, quiet: boolean, from: string, to: string, mutedUntil: number}} Wishes `from`
 *   and `to`: times of day, as "18:30"; `mutedUntil`: an instant in milliseconds, `FOREVER` until it is unmuted
 */

/** @type {readonly Way[]} */
export const WAYS = ['off', 'sound', 'notification', 'both'];
/** @type {readonly Severity[]} */
export const SEVERITIES = ['high', 'middle', 'low'];
export const FOREVER = Number.MAX_SAFE_INTEGER;

/** @type {Wishes} */
export const USUAL = {
  ways: { high: 'both', middle: 'sound', low: 'sound' }, quiet: false, from: '20:00', to: '07:00', mutedUntil: 0,
};

/** @param {Wishes} wishes @param {Severity} severity @param {Date} now @returns {{sound: boolean, notification: boolean}} */
export function loudness(wishes, severity, now) {
  const way = isMuted(wishes, now.getTime()) || isQuiet(wishes, now) ? 'off' : wishes.ways[severity];
  return { sound: way === 'sound' || way === 'both', notification: way === 'notification' || way === 'both' };
}

/** @param {Wishes} wishes @param {number} now milliseconds @returns {boolean} */
export function isMuted({ mutedUntil }, now) {
  return mutedUntil > now;
}

/** Quiet hours may reach over midnight. @param {Wishes} wishes @param {Date} now @returns {boolean} */
export function isQuiet({ quiet, from, to }, now) {
  const [begin, end, time] = [minutes(from), minutes(to), now.getHours() * 60 + now.getMinutes()];
  if (!quiet || begin === null || end === null || begin === end) return false;
  return begin < end ? begin <= time && time < end : begin <= time || time < end;
}

/** The wishes that were kept as text; the usual ones for what cannot be read. @param {string | null} text @returns {Wishes} */
export function parse(text) {
  /** @type {unknown} */ let kept = null;
  try {
    kept = JSON.parse(text ?? 'null');
  } catch {
    return USUAL; // somebody else wrote there
  }
  if (kept === null || typeof kept !== 'object') return USUAL;
  const { ways, quiet, from, to, mutedUntil } = /** @type {Partial<Wishes>} */ (kept);
  const way = (/** @type {Severity} */ severity) => WAYS.find((one) => one === ways?.[severity]) ?? USUAL.ways[severity];
  return {
    ways: { high: way('high'), middle: way('middle'), low: way('low') },
    quiet: quiet === true,
    from: typeof from === 'string' && minutes(from) !== null ? from : USUAL.from,
    to: typeof to === 'string' && minutes(to) !== null ? to : USUAL.to,
    mutedUntil: typeof mutedUntil === 'number' ? mutedUntil : 0,
  };
}

/** @param {string} time @returns {number | null} minutes since midnight */
function minutes(time) {
  const found = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time);
  return found ? Number(found[1]) * 60 + Number(found[2]) : null;
}
