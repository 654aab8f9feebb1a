/**
 * The wire messages that the overlay hears and says, as types. Times are seconds of the call.
 *
 * @typedef {'acknowledgement' | 'reason' | 'alternative' | 'buy_in'} Part
 * @typedef {Record<Part, boolean>} Parts
 * @typedef {'agent' | 'customer'} Channel
 * @typedef {'open' | 'repaired' | 'nudged' | 'recovered' | 'expired' | 'withdrawn'} MomentState
 * @typedef {'cap' | 'cooldown' | 'snooze' | 'silent_arm' | 'unsure' | 'off'} Withheld
 * @typedef {'offer_alternative' | 'acknowledge' | 'give_reason' | 'let_them_finish'} NudgeKind
 * @typedef {'recovered' | 'repaired' | 'expired' | 'dismissed' | 'replaced' | 'snoozed' | 'withdrawn'
 *   | 'call_ended'} ClearedWhy
 * @typedef {'listening' | 'silent' | 'lost' | 'restored' | 'changed' | 'paused' | 'lagging'} AudioState
 *
 * @typedef {'parroted' | 'interrupted' | 'unacknowledged' | 'ruled_out'} MarkKind
 *
 * @typedef {{v: 1, call: string | null, at: number, seq?: number | null, cursor?: string | null}} Envelope
 *
 * @typedef {Envelope & {type: 'hello', transcriber: string, limited: boolean, notice?: string, version?: string,
 *   privacy?: string, pulse?: number, kept?: boolean, resumed?: boolean}} Hello
 * @typedef {Envelope & {type: 'call_started', silent_arm?: boolean}} CallStarted
 * @typedef {Envelope & {type: 'transcript', channel: Channel, start: number, end: number, text: string,
 *   final: boolean}} Transcript
 * @typedef {Envelope & {type: 'moment', id: string, state: MomentState, quote: string, asked: string, parts: Parts,
 *   unsure: boolean, holding: boolean, withheld: Withheld | null}} Moment
 * @typedef {Envelope & {type: 'nudge', id: string, moment: string | null, kind: NudgeKind, text: string, quote: string,
 *   suggestions: string[], expires_at: number}} Nudge
 * @typedef {Envelope & {type: 'nudge_cleared', id: string, why: ClearedWhy}} NudgeCleared
 * @typedef {Envelope & {type: 'praise', moment: string, text: string}} Praise
 * @typedef {{kind: MarkKind, quote: string, moment: string | null, note?: string}} Noted
 * @typedef {Envelope & Noted & {type: 'mark'}} Mark
 * @typedef {Envelope & {type: 'kind_muted', kind: NudgeKind, up: number, down: number}} KindMuted
 * @typedef {Envelope & {type: 'audio', state: AudioState, channel?: Channel, device?: string, lost?: number}} Audio
 * @typedef {Envelope & {type: 'whisper', text: string, by?: string}} Whisper
 * @typedef {Envelope & {type: 'watched', by: string[]}} Watched
 * @typedef {Envelope & {type: 'hub', state: 'connecting' | 'connected' | 'waiting' | 'refused', waiting: number,
 *   reason: string, refused?: number}} HubLink
 * @typedef {Envelope & {type: 'line', state: 'waiting' | 'open' | 'taken', reason: string}} LineState
 * @typedef {Envelope & {type: 'call_ended', scorecard: Scorecard, lost?: number}} CallEnded
 * @typedef {Envelope & {type: 'error', code: string, message: string}} ErrorMessage
 * @typedef {Envelope & {type: 'snapshot', live: boolean, audio: AudioState | null, customer_audio?: AudioState | null,
 *   device?: string, paused: boolean, snoozed: boolean,
 *   snoozed_until: number | null, moments: Moment[], nudge: Nudge | null, history: PastNudge[],
 *   transcripts: Transcript[], praises: Praise[], marks?: Mark[],
 *   muted?: KindMuted[], scorecard: Scorecard | null, hub?: HubLink | null,
 *   watched?: Watched | null}} Snapshot
 * @typedef {Hello | Snapshot | CallStarted | Transcript | Moment | Nudge | NudgeCleared | Praise | Mark | KindMuted
 *   | Audio | Whisper | Watched | HubLink | LineState | CallEnded | ErrorMessage} FromServer
 *
 * @typedef {{nudge: Nudge, why: ClearedWhy, cleared_at: number}} PastNudge
 * @typedef {{part: string, at: number, words: string}} PartHeard
 * @typedef {{id: string, at: number, quote: string, asked: string, state: MomentState, unsure: boolean,
 *   withheld: Withheld | null, noes: number, nudges: NudgeKind[], parts: PartHeard[]}} No
 * @typedef {{noes: number, repaired: number, recovered: number, expired: number, withdrawn: number, nudges: number,
 *   well_said: number}} Counts
 * @typedef {Noted & {at: number}} MarkHeard
 * @typedef {{counts: Counts, well_redirected: number, closing: boolean, noes: No[], marks?: MarkHeard[],
 *   buy_ins?: number, clarified?: number, promises?: number, gracious?: boolean}} Scorecard
 *
 * @typedef {number | 'call' | 'today'} SnoozeFor 0 ends a snooze
 * @typedef {{type: 'call_start'} | {type: 'call_end'} | {type: 'pause'} | {type: 'resume'}
 *   | {type: 'painted', id: string} | {type: 'dismiss', id: string}
 *   | {type: 'feedback', id: string, helpful: boolean} | {type: 'snooze', for: SnoozeFor}
 *   | {type: 'audio_start', rate: number, channels: Channel[], device: string, paused: boolean}} Command
 */

/** The marks in the order in which they stand on the screen. @type {readonly Part[]} */
export const PARTS = ['acknowledgement', 'reason', 'alternative', 'buy_in'];
