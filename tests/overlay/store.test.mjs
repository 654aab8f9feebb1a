// The reducer: node --test tests/overlay/store.test.mjs
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMITED, PRAISE_STAYS, initial, nextDeadline, reduce } from '../../overlay/js/store.js';
import { clock } from '../../overlay/js/clock.js';
import { STALE_AFTER, status, title } from '../../overlay/js/status.js';

const PARTS = { acknowledgement: false, reason: false, alternative: false, buy_in: false };
const base = { v: 1, call: 'c', at: 0 };
const moment = (more) => ({ ...base, type: 'moment', id: 'm1', state: 'open', quote: 'No.', asked: '', parts: PARTS,
  unsure: false, holding: false, withheld: null, ...more });
const nudge = (more) => ({ ...base, type: 'nudge', at: 10, id: 'n1', moment: 'm1', kind: 'give_reason', text: 'Say why',
  quote: 'No.', suggestions: [], expires_at: 20, ...more });
const snapshot = (more) => ({ ...base, type: 'snapshot', at: 12, live: true, audio: 'listening', paused: false,
  snoozed: false, snoozed_until: null, moments: [], nudge: null, history: [], transcripts: [], praises: [],
  scorecard: null, ...more });
const play = (events, state = initial) => events.reduce((now, [at, event]) => reduce(now, event, at), state);
const open = [0, { type: 'link', phase: 'open' }];
const started = [0, { ...base, type: 'call_started' }];

test('a nudge counts down from its receipt, by the difference of its own times', () => {
  const state = play([started, [5_000, nudge()]]);
  assert.equal(state.nudge.hidesAt, 15_000);
  assert.equal(nextDeadline(state), 15_000);
  assert.equal(reduce(state, { type: 'tick' }, 14_999).nudge.nudge.id, 'n1');
  const after = reduce(state, { type: 'tick' }, 15_000);
  assert.equal(after.nudge, null);
  assert.equal(after.past[0].why, 'expired');
});

test('the same id again renews, and is one in the history', () => {
  const state = play([started, [0, nudge()], [4_000, nudge({ at: 14, expires_at: 24 })]]);
  assert.equal(state.nudge.hidesAt, 14_000);
  assert.deepEqual(state.past.map(({ renewals }) => renewals), [1]);
});

test('a renewal after the nudge had left shows it again', () => {
  const state = play([started, [0, nudge()], [10_000, { type: 'tick' }], [12_000, nudge({ at: 22, expires_at: 32 })]]);
  assert.equal(state.nudge.nudge.id, 'n1');
  assert.equal(state.past[0].why, null);
});

test('clearing one nudge leaves another standing', () => {
  const state = play([started, [0, nudge()], [1, nudge({ id: 'n2' })],
    [2, { ...base, type: 'nudge_cleared', id: 'n1', why: 'replaced' }]]);
  assert.equal(state.nudge.nudge.id, 'n2');
  assert.deepEqual(state.past.map(({ why }) => why), ['replaced', null]);
});

test('a snapshot shows what is left of a nudge, and nothing of one that is over or was dismissed', () => {
  assert.equal(reduce(initial, snapshot({ nudge: nudge() }), 1_000).nudge.hidesAt, 9_000);
  assert.equal(reduce(initial, snapshot({ at: 21, nudge: nudge() }), 1_000).nudge, null);
  const hidden = play([started, [0, nudge()], [1, { type: 'hide', id: 'n1' }]]);
  assert.equal(reduce(hidden, snapshot({ nudge: nudge() }), 1_000).nudge, null);
});

test('a snapshot replaces what was known, and a thumb is not forgotten', () => {
  const rated = play([started, [0, nudge()], [1, { type: 'rated', id: 'n1', helpful: true }]]);
  const state = reduce(rated, snapshot({ history: [{ nudge: nudge(), why: 'expired', cleared_at: 20 }] }), 5);
  assert.deepEqual(state.past.map(({ why, helpful }) => [why, helpful]), [['expired', true]]);
  assert.equal(state.lines.length, 0);
});

test('interim words are replaced by the same side only', () => {
  const line = (channel, text, final) => [0, { ...base, type: 'transcript', channel, start: 0, end: 1, text, final }];
  const state = play([started, line('agent', 'le', false), line('customer', 'we', false), line('agent', 'let', false),
    line('agent', 'Let me.', true)]);
  assert.deepEqual(state.interim.map(({ text }) => text), ['we']);
  assert.deepEqual(state.lines.map(({ text }) => text), ['Let me.']);
});

test('a repaired moment stays calm for a while; an expired one goes at once', () => {
  const state = play([started, [0, moment()], [100, moment({ state: 'repaired' })]]);
  assert.ok(state.calmUntil > 100);
  assert.equal(reduce(state, { type: 'tick' }, state.calmUntil).calmUntil, 0);
  assert.equal(reduce(state, moment({ state: 'expired' }), 200).calmUntil, 0);
});

test('an older moment does not disturb the newest', () => {
  const state = play([started, [0, moment()], [1, moment({ id: 'm2' })], [2, moment({ state: 'repaired' })]]);
  assert.equal(state.moments.at(-1).id, 'm2');
  assert.equal(state.calmUntil, 0);
});

test('praise ends by itself', () => {
  const state = reduce(initial, { ...base, type: 'praise', moment: 'm1', text: 'Well said.' }, 0);
  assert.equal(reduce(state, { type: 'tick' }, PRAISE_STAYS).praise, null);
});

test('a new call begins with a clean page but keeps the connection, the pause and the day', () => {
  const state = play([open, [0, { ...base, type: 'hello', transcriber: 'x', limited: true }], started, [0, moment()],
    [0, { ...base, type: 'audio', state: 'paused' }], [0, { type: 'asked_snooze', for: 'today' }],
    [9_000, { ...base, call: 'd', type: 'call_started' }]]);
  assert.equal(state.call, 'd');
  assert.equal(state.moments.length, 0);
  assert.equal(state.paused, true);
  assert.equal(state.limited, LIMITED);
  assert.equal(state.link.phase, 'open');
  assert.equal(state.snoozed.for, 'today');
  assert.equal(state.startedAt, 9_000);
});

test('a snooze for seconds ends, a snooze for the call ends with it', () => {
  assert.equal(play([started, [0, { type: 'asked_snooze', for: 10 }], [10_000, { type: 'tick' }]]).snoozed, null);
  const scorecard = { counts: {}, well_redirected: 0, closing: false, noes: [] };
  const call = play([started, [0, { type: 'asked_snooze', for: 'call' }], [1, { ...base, type: 'call_ended', scorecard }]]);
  assert.equal(call.snoozed, null);
  assert.equal(call.scorecard, scorecard);
});

test('a message of a newer server changes nothing but that something was heard', () => {
  assert.deepEqual(reduce(initial, { ...base, type: 'weather' }, 7), { ...initial, heardAt: 7 });
});

test('only one status is calm', () => {
  const label = (...events) => status(play(events), 0);
  const audio = (state) => [0, { ...base, type: 'audio', state }];
  assert.equal(label(open, started, audio('listening')).tone, 'calm');
  const others = [label(open, started), label(open), label(started), status(initial, 0),
    ...['silent', 'lost', 'paused', 'lagging'].map((state) => label(open, started, audio(state))),
    status(play([open, started, audio('listening')]), STALE_AFTER + 1)];
  const looks = new Set(others.map(({ icon, label: words }) => `${icon} ${words}`));
  assert.equal(looks.size, others.length - 1); // of the connection, two are not there yet
  for (const other of others) {
    assert.notEqual(other.tone, 'calm');
    assert.notEqual(other.icon, 'listening');
    assert.notEqual(other.label, 'Listening');
  }
  assert.notEqual(label(open, audio('listening')).tone, 'calm');
  assert.notEqual(label(started, audio('listening')).tone, 'calm');
  const waiting = play([open, started, audio('listening'), [0, { type: 'link', phase: 'waiting', retryAt: 2_400 }]]);
  assert.equal(status(waiting, 0).detail, 'reconnecting in 3 s');
  assert.equal(label(open, audio('paused'), audio('lost')).label, 'Paused');
});

test('spans', () => {
  assert.deepEqual([0, 59.999, 61, 3661, -5].map(clock), ['0:00', '0:59', '1:01', '1:01:01', '0:00']);
});

test('the device that is heard is named, and kept over calls', () => {
  const audio = (state, device) => [0, { ...base, type: 'audio', state, device }];
  const heard = play([open, audio('listening', 'Headset'), started]);
  assert.equal(status(heard, 0).detail, 'Headset');
  const moved = play([audio('changed', 'Laptop')], heard);
  assert.equal(status(moved, 0).detail, 'Laptop');
  assert.match(moved.notices[0].text, /Laptop/);
  assert.equal(play([audio('lost', 'Laptop')], moved).audio, 'lost');
});

test('a customer who is not heard any more does not mean that the agent is not', () => {
  const side = (state) => [0, { ...base, type: 'audio', state, channel: 'customer', device: 'Line' }];
  const heard = play([open, started, [0, { ...base, type: 'audio', state: 'listening', device: 'Headset' }]]);
  const lost = play([side('lost')], heard);
  assert.equal(status(lost, 0).label, 'Listening');
  assert.equal(lost.device, 'Headset');
  assert.match(lost.notices[0].text, /customer is not heard/);
  assert.equal(play([side('restored')], lost).customerAudio, 'restored');
  assert.deepEqual([status(lost, 0).tone, status(lost, 0).detail], ['warn', 'only you: the customer is not heard']);
  assert.equal(status(play([side('silent')], heard), 0).detail, 'no sound from the customer');
});

test('where nothing comes for long in a call, that is said; sooner where a pulse was promised', () => {
  const heard = play([open, started, [1_000, { ...base, type: 'audio', state: 'listening' }]]);
  assert.equal(status(heard, 1_000 + STALE_AFTER).tone, 'calm');
  const stale = status(heard, 2_000 + STALE_AFTER);
  assert.deepEqual([stale.label, stale.tone, stale.detail], ['No news', 'warn', 'nothing came for 1:01']);
  assert.equal(reduce(heard, { type: 'tick' }, 50_000).heardAt, 1_000);
  assert.equal(status(reduce(heard, { ...base, type: 'weather' }, 50_000), 2_000 + STALE_AFTER).tone, 'calm');
  const hello = { ...base, type: 'hello', transcriber: 'x', limited: false, pulse: 5 };
  const promised = play([[0, hello], open, started, [0, { ...base, type: 'audio', state: 'listening' }]]);
  assert.equal(status(promised, 15_000).tone, 'calm');
  assert.equal(status(promised, 15_001).label, 'No news');
});

test('the title tells the same as the status line', () => {
  const audio = (state) => [0, { ...base, type: 'audio', state }];
  const call = play([open, started, audio('listening')]);
  assert.equal(title(call, 0), 'Listening · voiceassist');
  assert.equal(title(play([audio('lost')], call), 0), '✕ Microphone lost · voiceassist');
  assert.equal(title(play([audio('paused')], call), 0), '▲ Paused · voiceassist');
  assert.equal(title(play([[0, { type: 'place', place: 'closed' }]], call), 0), 'Window closed · Listening · voiceassist');
  assert.equal(title(play([[0, { type: 'link', phase: 'no_session' }]]), 0), 'voiceassist');
});

test('a suggestion is taken, kept when the nudge is renewed, and let go again', () => {
  const suggestions = ['a refund', 'a repair'];
  const took = (text) => [1, { type: 'took', id: 'n1', text }];
  const state = play([started, [0, nudge({ suggestions })], took('a repair'), [2, nudge({ suggestions })]]);
  assert.equal(state.past[0].taken, 'a repair');
  assert.equal(play([took('a refund')], state).past[0].taken, 'a refund');
  assert.equal(play([took('a repair')], state).past[0].taken, null);
});

test('quiet marks are kept in order, and gone with the call', () => {
  const mark = (kind, more) => ({ ...base, type: 'mark', kind, quote: 'you said', moment: null, note: '', ...more });
  const state = play([started, [1, mark('parroted')], [2, mark('interrupted', { moment: 'm1' })]]);
  assert.deepEqual(state.marks.map(({ kind }) => kind), ['parroted', 'interrupted']);
  assert.deepEqual([state.notices, state.nudge], [[], null]);
  assert.deepEqual(reduce(initial, snapshot({ marks: [mark('ruled_out')] }), 5).marks.map(({ kind }) => kind), ['ruled_out']);
  assert.deepEqual(reduce(state, { ...base, call: 'd', type: 'call_started' }, 9).marks, []);
});

test('a kind that mutes itself says so', () => {
  const state = play([started, [0, { ...base, type: 'kind_muted', kind: 'acknowledge', up: 1, down: 4 }]]);
  assert.match(state.notices[0].text, /Feeling.*1 of 5 helped/);
  assert.equal(state.muted.length, 1);
});

test('a snooze for nothing ends the snooze', () => {
  const state = play([started, [0, { type: 'asked_snooze', for: 'today' }], [1, nudge()], [2, { type: 'asked_snooze', for: 0 }]]);
  assert.equal(state.snoozed, null);
  assert.equal(state.nudge.nudge.id, 'n1');
});

test('a moment keeps its place in the history when it changes', () => {
  const state = play([started, [0, { ...moment(), at: 14 }], [1, { ...moment({ state: 'repaired' }), at: 30 }]]);
  assert.deepEqual(state.moments.map(({ at, state: now }) => [at, now]), [[14, 'repaired']]);
});

test('a new call keeps where the panel is and what was told of privacy', () => {
  const hello = { ...base, type: 'hello', transcriber: 'x', limited: false, version: '2.0', privacy: 'Only you.' };
  const state = play([[0, hello], [0, { type: 'place', place: 'floating' }], started]);
  assert.deepEqual([state.place, state.version, state.privacy], ['floating', '2.0', 'Only you.']);
});

test('a call that was kept may be reviewed once it is over, by its id', () => {
  const hello = { ...base, type: 'hello', transcriber: 'x', limited: false, kept: true };
  const over = play([[0, hello], open, started, [9, { ...base, type: 'call_ended', scorecard: { noes: [] } }]]);
  assert.deepEqual([over.kept, over.ended], [true, 'c']);
  assert.equal(initial.kept, false);
});
