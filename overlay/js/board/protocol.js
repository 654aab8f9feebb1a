/**
 * The wire messages between a supervisor's board and the hub, as types. Instants are ISO 8601 texts.
 *
 * @import {ClearedWhy, Envelope, FromServer, Hello, MomentState, NudgeKind, Part, SnoozeFor, Whisper} from '../protocol.js'
 *
 * @typedef {'ready' | 'on' | 'paused' | 'unheard' | 'away'} AgentState
 * @typedef {'second_unrepaired' | 'asked_for_manager' | 'wants_to_cancel'} AlertWhy
 * @typedef {'open' | 'acknowledged' | 'snoozed' | 'assigned'} AlertState
 *
 * @typedef {{id: string, state: MomentState, quote: string, asked: string, missing: string[], since: string}} CardMoment
 * @typedef {{kind: NudgeKind, text: string, at: string, why: ClearedWhy | null}} CardNudge
 * @typedef {{agent: string, name: string, team: string, state: AgentState, since: string, call: string | null,
 *   call_since: string | null, moment: CardMoment | null, nudge: CardNudge | null, noes: number, unrepaired: number,
 *   sample: boolean}} Card
 * @typedef {{team: string, cards: Card[], gone: string[]}} TeamCards
 *
 * @typedef {Hello & {role: string, user: string, name: string, teams: string[], sample: boolean}} Welcome
 * @typedef {Envelope & {type: 'wall', now: string, whole: boolean, teams: TeamCards[]}} Wall
 * @typedef {Envelope & {type: 'alert', id: string, agent: string, team: string, why: AlertWhy, moment: string,
 *   quote: string, asked: string, missing: string[], state: AlertState, raised_at: string | null, by: string,
 *   to: string, until: string | null}} Alert
 * @typedef {Whisper & {id?: string, by?: string}} Whispered
 * @typedef {Welcome | Wall | Alert | Whispered | Exclude<FromServer, Hello | Whisper>} Heard
 *
 * @typedef {{type: 'subscribe', call: string | null} | {type: 'alert_ack', id: string, call: string | null}
 *   | {type: 'alert_snooze', id: string, call: string | null, for: SnoozeFor}
 *   | {type: 'alert_assign', id: string, call: string | null, to: string}
 *   | {type: 'whisper', id: string, call: string, text: string}} Said
 */

/** A mark that was missed, by its label; null for one that this page does not know. @param {string} part @returns {Part | null} */
export function knownPart(part) {
  return part === 'acknowledgement' || part === 'reason' || part === 'alternative' || part === 'buy_in' ? part : null;
}
