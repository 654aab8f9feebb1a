// The board's folds: node --test tests/overlay/board.test.mjs
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FOREVER, USUAL, isQuiet, loudness, parse } from '../../overlay/js/board/alarm.js';
import { ceiling, path } from '../../overlay/js/board/chart.js';
import { ANSWER_WITHIN, rings, severity, waiting } from '../../overlay/js/board/desk.js';
import { complaint } from '../../overlay/js/board/invitation.js';
import { handledBy, span } from '../../overlay/js/board/labels.js';
import { EVERYBODY, calling, fits, sorted } from '../../overlay/js/board/need.js';
import { Settled } from '../../overlay/js/board/order.js';
import { UNMET, meant, supervisors } from '../../overlay/js/board/people.js';
import { NOTES } from '../../overlay/js/board/sounds.js';
import { STALE_AFTER, TOLD_WITHIN, initial, reduce, serverNow, staleness } from '../../overlay/js/board/store.js';
import { favicon } from '../../overlay/js/board/tab.js';
import { days, rate } from '../../overlay/js/board/trend.js';

const START = Date.parse('2026-03-09T09:00:00Z');
const at = (seconds) => new Date(START + 1000 * seconds).toISOString();
const base = { v: 1, call: null, at: 0 };
const card = (agent, more) => ({ agent, name: agent.toUpperCase(), team: 'A', state: 'on', since: at(0), call: `c-${agent}`,
  call_since: at(0), moment: null, nudge: null, noes: 0, unrepaired: 0, sample: false, ...more });
const wall = (cards, more) => ({ ...base, type: 'wall', now: at(0), whole: false,
  teams: [{ team: 'A', cards, gone: [] }], ...more });
const alert = (id, more) => ({ ...base, type: 'alert', id, call: 'c-ana', agent: 'ana', team: 'A', why: 'asked_for_manager',
  moment: 'm', quote: 'No.', asked: '', missing: [], state: 'open', raised_at: at(0), by: '', to: '', until: null, ...more });
const hello = (more) => ({ ...base, type: 'hello', role: 'supervisor', user: 'mara', name: 'Mara', teams: ['A'],
  sample: false, pulse: 0, transcriber: '', limited: false, ...more });
const play = (events, state = initial) => events.reduce((now, [when, event]) => reduce(now, event, when), state);
const open = [0, { type: 'link', phase: 'open' }];

// --- the wall ---

test('a delta replaces the cards that it names and leaves the others the same objects', () => {
  const first = play([[0, wall([card('ana'), card('ben')], { whole: true })]]);
  const next = reduce(first, wall([card('ben', { noes: 1 })]), 1);
  assert.equal(next.agents.get('ana'), first.agents.get('ana'));
  assert.equal(next.agents.get('ben').noes, 1);
});

test('a whole wall stands in place of all that was known', () => {
  const state = play([[0, wall([card('ana'), card('ben')], { whole: true })], [1, wall([card('ben')], { whole: true })]]);
  assert.deepEqual([...state.agents.keys()], ['ben']);
});

test('who is gone from a team is gone, and who has just changed the team is not', () => {
  const state = play([[0, wall([card('ana'), card('ben')], { whole: true })],
    [1, wall([], { teams: [{ team: 'B', cards: [card('ana', { team: 'B' })], gone: [] },
      { team: 'A', cards: [], gone: ['ana', 'ben'] }] })]]);
  assert.deepEqual([...state.agents.values()].map(({ agent, team }) => [agent, team]), [['ana', 'B']]);
});

test('the server’s clock is read from its promptest message, and anew when it was set', () => {
  let state = reduce(initial, wall([], { whole: true, now: at(10) }), 5_000);
  assert.equal(serverNow(state, 5_000), START + 10_000);
  state = reduce(state, wall([], { now: at(11) }), 6_400); // it was 400 ms on its way
  assert.equal(serverNow(state, 6_400), START + 11_400);
  state = reduce(state, wall([], { now: at(100) }), 7_000);
  assert.equal(serverNow(state, 7_000), START + 100_000);
});

test('a wall is stale five seconds after the connection was lost, not before, and not once it is back', () => {
  const lost = play([open, [0, hello()], [0, wall([], { whole: true })], [1_000, { type: 'link', phase: 'waiting', retryAt: 2_000 }],
    [2_000, { type: 'link', phase: 'connecting' }]]);
  assert.equal(staleness(lost, 1_000 + STALE_AFTER - 1), 0);
  assert.equal(staleness(lost, 1_000 + STALE_AFTER), 6_000);
  assert.equal(staleness(reduce(lost, { type: 'link', phase: 'open' }, 9_000), 9_000), 0);
});

test('where a pulse was promised, its absence makes a wall stale; where none was, quiet is quiet', () => {
  const quiet = play([open, [0, hello()], [0, wall([], { whole: true })]]);
  assert.equal(staleness(quiet, 60_000), 0);
  const pulsed = play([open, [0, hello({ pulse: 2 })], [0, wall([], { whole: true })]]);
  assert.equal(staleness(pulsed, 4_999), 0);
  assert.equal(staleness(pulsed, 5_001), 5_001);
});

// --- alerts ---

test('the same alert again replaces, and keeps when it was raised', () => {
  const state = play([open, [0, hello()], [0, alert('a1')], [5, alert('a1', { state: 'acknowledged', by: 'Jon', raised_at: null })]]);
  assert.equal(state.desk.size, 1);
  assert.equal(state.desk.get('a1').alert.by, 'Jon');
  assert.equal(state.desk.get('a1').raisedAt, START);
});

test('open alerts wait for everybody, assigned ones for one, the newest first', () => {
  const state = play([open, [0, hello()], [0, alert('a1')], [0, alert('a2', { raised_at: at(9), state: 'assigned', to: 'mara' })],
    [0, alert('a3', { state: 'assigned', to: 'jon' })], [0, alert('a4', { state: 'acknowledged' })],
    [0, alert('a5', { state: 'snoozed' })], [0, alert('a6', { raised_at: at(5) })]]);
  assert.deepEqual(waiting(state.desk, 'mara').map(({ alert: { id } }) => id), ['a2', 'a6', 'a1']);
});

test('a snooze that is over opens the alert again by the server’s clock; one for the call does not', () => {
  const state = play([open, [0, hello()], [0, wall([], { whole: true })],
    [0, alert('a1', { state: 'snoozed', until: at(60) })], [0, alert('a2', { state: 'snoozed', until: null })]]);
  assert.equal(reduce(state, { type: 'tick' }, 59_000).desk, state.desk);
  const woken = reduce(state, { type: 'tick' }, 60_000);
  assert.deepEqual([...woken.desk.values()].map(({ alert: { state: now } }) => now), ['open', 'snoozed']);
});

test('only what begins to wait is news', () => {
  assert.equal(rings(undefined, alert('a1'), 'mara'), true);
  assert.equal(rings(alert('a1'), alert('a1', { quote: 'Nope.' }), 'mara'), false);
  assert.equal(rings(alert('a1', { state: 'snoozed' }), alert('a1'), 'mara'), true);
  assert.equal(rings(alert('a1', { state: 'acknowledged' }), alert('a1', { state: 'assigned', to: 'mara' }), 'mara'), true);
  assert.equal(rings(alert('a1'), alert('a1', { state: 'assigned', to: 'jon' }), 'mara'), false);
  assert.equal(rings(undefined, alert('a1', { state: 'assigned', to: '' }), ''), false);
});

test('a button that is not answered can be pressed again', () => {
  const asked = play([open, [0, hello()], [0, wall([], { whole: true })], [1, alert('a1')], [10, { type: 'asked', id: 'a1' }]]);
  assert.equal(asked.desk.get('a1').asked, 10);
  assert.equal(reduce(asked, { type: 'tick' }, 10 + ANSWER_WITHIN).desk.get('a1').asked, 0);
  assert.equal(reduce(asked, alert('a1', { state: 'acknowledged' }), 11).desk.get('a1').asked, 0);
});

test('what the server does not tell again after a reconnect is over', () => {
  const state = play([open, [0, hello()], [0, alert('a1')], [0, alert('a2')], [50, { type: 'link', phase: 'waiting' }],
    [100, { type: 'link', phase: 'open' }], [100, hello()], [110, alert('a2')]]);
  assert.equal(state.desk.size, 2);
  assert.deepEqual([...reduce(state, { type: 'tick' }, 100 + TOLD_WITHIN).desk.keys()], ['a2']);
});

test('each reason has a severity, and one that a newer server knows is the least', () => {
  assert.deepEqual(['wants_to_cancel', 'asked_for_manager', 'second_unrepaired', 'other'].map((why) => severity({ why })),
    ['high', 'middle', 'low', 'low']);
});

test('who took care of an alert is said by name', () => {
  const names = new Map([['jon', 'Jon Reed']]);
  const me = { user: 'mara', name: 'Mara' };
  assert.equal(handledBy(alert('a', { state: 'acknowledged', by: 'Mara' }), me, names), 'Acknowledged by you');
  assert.equal(handledBy(alert('a', { state: 'assigned', by: 'Mara', to: 'jon' }), me, names), 'With Jon Reed, assigned by you');
  assert.equal(handledBy(alert('a', { state: 'assigned', by: 'Jon Reed', to: 'mara' }), me, names), 'Assigned to you by Jon Reed');
  assert.equal(handledBy(alert('a', { state: 'snoozed', by: 'Jon Reed' }), me, names), 'Snoozed by Jon Reed for this call');
});

// --- who needs help, and where a card stands ---

test('who has waited longest comes first, and the others by name: never by how many noes', () => {
  const state = play([open, [0, hello()],
    [0, wall([card('ana', { noes: 9 }), card('dora'), card('ben'), card('cleo')], { whole: true })],
    [0, alert('a1', { agent: 'dora', raised_at: at(5) })], [0, alert('a2', { agent: 'cleo', raised_at: at(2) })]]);
  assert.deepEqual(sorted(state.agents, EVERYBODY, calling(state.desk, 'mara')).get('A'), ['cleo', 'dora', 'ana', 'ben']);
});

test('who is not heard needs help, after those for whom an alert waits', () => {
  const state = play([open, [0, hello()],
    [0, wall([card('ana'), card('ben', { state: 'unheard' }), card('cleo')], { whole: true })], [0, alert('a1', { agent: 'cleo' })]]);
  const calls = calling(state.desk, 'mara');
  assert.deepEqual(sorted(state.agents, EVERYBODY, calls).get('A'), ['cleo', 'ben', 'ana']);
  assert.deepEqual(sorted(state.agents, { ...EVERYBODY, help: true }, calls).get('A'), ['cleo', 'ben']);
});

test('the filter looks at names, teams and what was said', () => {
  const none = new Map();
  const moment = { id: 'm', state: 'open', quote: 'We can’t REFUND that', asked: '', missing: [], since: at(0) };
  assert.equal(fits(card('ana', { moment }), { ...EVERYBODY, text: ' refund' }, none), true);
  assert.equal(fits(card('ana'), { ...EVERYBODY, text: 'refund' }, none), false);
  assert.equal(fits(card('ana'), { ...EVERYBODY, team: 'B' }, none), false);
  assert.equal(fits(card('ana', { state: 'ready' }), { ...EVERYBODY, state: 'ready' }, none), true);
});

test('under a hand nothing changes its place: what is new comes last, what is gone stays', () => {
  const order = new Settled();
  assert.deepEqual(order.arrange(['a', 'b', 'c'], true), ['a', 'b', 'c']);
  assert.deepEqual(order.arrange(['c', 'd', 'a'], false), ['a', 'b', 'c', 'd']);
  assert.ok(order.late > 0);
  assert.deepEqual(order.arrange(['c', 'd', 'a'], true), ['c', 'd', 'a']);
  assert.equal(order.late, 0);
});

// --- an opened call ---

test('an opened call hears its own events and no others', () => {
  const words = (call, text) => ({ ...base, call, type: 'transcript', channel: 'agent', start: 0, end: 1, text, final: true });
  const state = play([open, [0, hello()], [0, { type: 'open', agent: 'ana', call: 'c-ana' }],
    [1, words('c-ana', 'Hello')], [2, words('c-ben', 'Secret')]]);
  assert.deepEqual(state.opened.state.lines.map(({ text }) => text), ['Hello']);
  assert.equal(reduce(state, { type: 'shut' }, 3).opened, null);
});

test('a whisper is sent, and then known to be on the agent’s screen', () => {
  const sent = play([open, [0, { type: 'open', agent: 'ana', call: 'c-ana' }], [0, { type: 'whispered', id: 'w1', text: 'Breathe.' }]]);
  assert.deepEqual(sent.opened.whispers, [{ id: 'w1', text: 'Breathe.', shown: false }]);
  const shown = reduce(sent, { ...base, call: 'c-ana', type: 'whisper', id: 'w1', text: 'Breathe.', by: 'Mara' }, 1);
  assert.deepEqual(shown.opened.whispers, [{ id: 'w1', text: 'Breathe.', shown: true }]);
});

test('an error is said and goes; a message of a newer server changes nothing', () => {
  const state = play([open, [0, { ...base, type: 'error', code: 'forbidden', message: 'not yours' }]]);
  assert.equal(state.notices[0].text, 'not yours (forbidden)');
  assert.equal(reduce(state, { type: 'tick' }, 60_000).notices.length, 0);
  assert.equal(reduce(state, { ...base, type: 'someday' }, 1).notices, state.notices);
});

// --- alarms ---

test('quiet hours reach over midnight, and mean nothing where they are off', () => {
  const wishes = { ...USUAL, quiet: true, from: '20:00', to: '07:00' };
  const clock = (hours, minutes) => new Date(2026, 2, 9, hours, minutes);
  assert.deepEqual([[19, 59], [20, 0], [23, 59], [0, 0], [6, 59], [7, 0]].map(([h, m]) => isQuiet(wishes, clock(h, m))),
    [false, true, true, true, true, false]);
  assert.equal(isQuiet({ ...wishes, quiet: false }, clock(23, 0)), false);
  assert.equal(isQuiet({ ...wishes, to: '20:00' }, clock(23, 0)), false);
});

test('an alert is as loud as was wished, and silent while muted', () => {
  const noon = new Date(2026, 2, 9, 12, 0);
  const wishes = { ...USUAL, ways: { high: 'both', middle: 'sound', low: 'off' } };
  assert.deepEqual(loudness(wishes, 'high', noon), { sound: true, notification: true });
  assert.deepEqual(loudness(wishes, 'middle', noon), { sound: true, notification: false });
  assert.deepEqual(loudness(wishes, 'low', noon), { sound: false, notification: false });
  assert.deepEqual(loudness({ ...wishes, mutedUntil: noon.getTime() + 1 }, 'high', noon), { sound: false, notification: false });
  assert.deepEqual(loudness({ ...wishes, mutedUntil: noon.getTime() }, 'high', noon), { sound: true, notification: true });
});

test('wishes are read back, and what cannot be read is as usual', () => {
  const wishes = { ...USUAL, quiet: true, mutedUntil: FOREVER, ways: { high: 'off', middle: 'both', low: 'notification' } };
  assert.deepEqual(parse(JSON.stringify(wishes)), wishes);
  for (const text of [null, '', '{', '7', '{"ways":{"high":"loud"},"from":"25:00"}']) assert.deepEqual(parse(text), USUAL);
});

test('the three sounds differ in how many notes they have', () => {
  assert.deepEqual([NOTES.low.length, NOTES.middle.length, NOTES.high.length], [1, 2, 4]);
});

// --- the rest ---

test('the tab’s sign counts to nine, and is grey without a connection', () => {
  assert.match(favicon(3, true), />3</);
  assert.match(favicon(12, true), />9\+</);
  assert.doesNotMatch(favicon(0, true), /<text/);
  assert.notEqual(favicon(3, true), favicon(3, false));
});

test('a trend is broken where a day has nothing to say', () => {
  assert.equal(path([{ value: 1 }, { value: 2 }, { value: null }, { value: 3 }], (x) => x, (y) => y), 'M0.0 1.0L1.0 2.0M3.0 3.0');
  assert.equal(rate({ noes: 0, unrepaired: 0 }), null);
  assert.equal(rate({ noes: 8, unrepaired: 2 }), 0.25);
  assert.deepEqual([0.07, 0.31, 1, 4.2, 12].map(ceiling), [0.1, 0.5, 1, 5, 20]);
  assert.deepEqual(days('nothing'), []);
  assert.deepEqual(days([{ day: '2026-03-09', noes: '4' }]), [{ day: '2026-03-09', calls: 0, noes: 4, unrepaired: 0, repair_seconds_p50: null }]);
});

test('who works in the teams is known until somebody else comes', () => {
  const people = { colleagues: new Map([['jon', 'Jon Reed']]), teams: ['Billing'], agentless: true };
  const met = reduce(initial, { type: 'met', people }, 0);
  assert.equal(met.people, people);
  assert.equal(reduce(met, { type: 'left' }, 0).people, UNMET);
});

test('colleagues are supervisors who may still come in, found by name or login name', () => {
  const known = supervisors([{ user: 'jon', name: 'Jon Reed', role: 'supervisor' }, { user: 'mara', name: 'Mara', role: 'supervisor' },
    { user: 'ana', name: 'Ana', role: 'agent' }, { user: 'old', name: 'Old', role: 'admin', disabled: true }], 'mara');
  assert.deepEqual([...known], [['jon', 'Jon Reed']]);
  assert.equal(meant(known, ' jon reed '), 'jon');
  assert.equal(meant(known, 'nobody'), null);
  assert.deepEqual([...supervisors({ code: 'forbidden' }, 'mara')], []);
});

test('an account wants a login name, a name and twelve characters', () => {
  assert.equal(complaint('ana.silva', 'Ana', 'orange lamp under water'), '');
  assert.match(complaint('Ana Silva', 'Ana', 'orange lamp under water'), /small letters/);
  assert.match(complaint('ana', '', 'orange lamp under water'), /called/);
  assert.match(complaint('ana', 'Ana', 'short'), /12 characters/);
});

test('spans are said in minutes and hours', () => {
  assert.deepEqual([0, 59_000, 60_000, 3_599_000, 3_660_000].map(span), ['just now', 'just now', '1 min', '59 min', '1 h 1 min']);
});
