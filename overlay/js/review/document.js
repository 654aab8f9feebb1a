/**
 * The review of a call, as it stands in the page. Times are seconds since the call began.
 *
 * @import {Channel, ClearedWhy, MarkKind, MomentState, NudgeKind, Part, Withheld} from '../protocol.js'
 *
 * @typedef {'empathy' | 'listening' | 'acknowledging' | 'solving'} Step
 * @typedef {'own' | 'turned' | 'offer' | 'starter'} Source
 *
 * @typedef {{id: string, agent: string, transcriber: string, started_at: string, ended_at: string | null,
 *   state: 'on' | 'ended' | 'cut_off', seconds: number, silent_arm: boolean, noes: number, nudges: number}} Info
 * @typedef {{channel: Channel, start: number, end: number, text: string}} Utterance
 * @typedef {{start: number, end: number}} Span
 * @typedef {Span & {channel: Channel | null, why: 'paused' | 'lost' | 'silent'}} Unheard
 * @typedef {{at: number, words: string, steps: {step: Step, part: Part | null}[]}} Breath
 * @typedef {{part: Part, text: string}} Missing
 * @typedef {{at: number, said: string, instead: string, source: Source}} Instead
 * @typedef {{at: number, kind: MarkKind, quote: string, text: string, note: string}} Noted
 * @typedef {{id: string, at: number, kind: NudgeKind, text: string, suggestions: string[], renewed: boolean,
 *   cleared_at: number | null, why: ClearedWhy | null, helpful: boolean | null}} Nudged
 * @typedef {{number: number, id: string, at: number, quote: string, asked: string, state: MomentState, unsure: boolean,
 *   withheld: Withheld | null, noes: number, well_said: boolean, grace: Span | null, settled: number | null,
 *   breaths: Breath[], missing: Missing[], order: string, instead: Instead[], nudges: Nudged[], marks: Noted[]}} No
 * @typedef {{well_redirected: number, buy_ins: number, clarified: number, promises: number, gracious: boolean,
 *   closing: boolean}} Counted
 * @typedef {{call: Info, customer_heard: boolean, limits: string[], praise: string[], next_time: string[],
 *   counted: Counted | null, noes: No[], marks: Noted[], nudges: Nudged[], unheard: Unheard[], utterances: Utterance[]}} Review
 */

/** The review that was put into the page; null where none was. @returns {Review | null} */
export function read() {
  return /** @type {Review | null} */ (JSON.parse(document.getElementById('call')?.textContent || 'null'));
}

/** Whether a no was mended, with a nudge or without. @param {No} no @returns {boolean} */
export function isGood({ well_said: well, state }) {
  return well || state === 'repaired' || state === 'recovered';
}

/**
 * The utterance in which something was said that was over at `at`: the side's last one that began before, or its first.
 * @param {readonly Utterance[]} utterances @param {Channel} channel @param {number} at @returns {number} -1: there is none
 */
export function spokenBy(utterances, channel, at) {
  let found = -1;
  for (const [index, said] of utterances.entries()) {
    if (said.start >= at && found >= 0) break;
    if (said.channel === channel) found = index;
  }
  return found;
}
