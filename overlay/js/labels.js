/**
 * The words that the overlay uses for parts, nudges and outcomes.
 *
 * @import {ClearedWhy, KindMuted, MarkKind, MomentState, NudgeKind, Part, SnoozeFor, Withheld} from './protocol.js'
 */

/** @type {Record<Part, {label: string, means: string}>} */
export const PART = {
  acknowledgement: { label: 'Feeling', means: 'You showed that you took in what they feel or need.' },
  reason: { label: 'Reason', means: 'You gave a cause that can be understood.' },
  alternative: { label: 'Alternative', means: 'You named something they can have or do instead.' },
  buy_in: { label: 'Their say', means: 'You asked what would work for them.' },
};

/** Which mark a nudge asks for; its icon is the mark's. @type {Record<NudgeKind, string>} */
export const KIND_ICON = {
  offer_alternative: 'alternative',
  acknowledge: 'acknowledgement',
  give_reason: 'reason',
  let_them_finish: 'let_them_finish',
};

/** @type {Record<NudgeKind, string>} */
export const KIND_NAME = {
  offer_alternative: 'Alternative',
  acknowledge: 'Feeling',
  give_reason: 'Reason',
  let_them_finish: 'Let them finish',
};

/** @type {Record<MomentState, string>} */
export const ENDED = {
  open: 'Open',
  repaired: 'Said well, no nudge needed',
  nudged: 'Nudged',
  recovered: 'Recovered after the nudge',
  expired: 'Left as it was',
  withdrawn: 'Taken back, the words changed',
};

/** @type {Record<Withheld, string>} */
export const WITHHELD = {
  cap: 'no nudge, this call had its three',
  cooldown: 'no nudge, one came just before',
  snooze: 'no nudge, snoozed',
  silent_arm: 'no nudge in this call',
  unsure: 'no nudge, not sure it was a no',
  off: 'no nudge, switched off',
};

/** @type {Record<ClearedWhy, string>} */
export const CLEARED = {
  recovered: 'taken up',
  repaired: 'no longer needed',
  expired: 'time ran out',
  dismissed: 'dismissed',
  replaced: 'replaced by the next',
  snoozed: 'snoozed',
  withdrawn: 'taken back',
  call_ended: 'call ended',
};

/** What is noted, without a word of blame: where to look, not what was wrong. @type {Record<MarkKind, string>} */
export const MARK = {
  parroted: 'Close to the customer’s own words',
  interrupted: 'Here you both spoke',
  unacknowledged: 'Here the customer told what it means to them',
  ruled_out: 'A promise to look up in the playbook',
};

/** @param {KindMuted} muted @returns {string} */
export function muted({ kind, up, down }) {
  return `No more nudges of the kind “${KIND_NAME[kind] ?? kind}”: ${up} of ${up + down} helped you.`;
}

/** @param {SnoozeFor | null} span @returns {string} */
export function snoozed(span) {
  if (span === 'call') return 'Nudges are snoozed for this call.';
  if (span === 'today') return 'Nudges are snoozed for today.';
  return span === null ? 'Nudges are snoozed.' : `Nudges are snoozed for ${Math.round(span)} s.`;
}
