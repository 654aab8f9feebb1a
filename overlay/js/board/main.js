/** Joins the parts of the board: what the connection delivers goes through the store to the view. */
import { setText, byId } from '../dom.js';
import { Connection } from '../connection.js';
import { ask, fromAddress, redeem } from '../session.js';
import { Timer } from '../timer.js';
import { Alarms } from './alarms.js';
import { rings } from './desk.js';
import { Invitation } from './invitation.js';
import { people } from './people.js';
import { nameOf, whyOf } from './labels.js';
import { copying } from './copying.js';
import { initial, reduce } from './store.js';
import { View } from './view.js';

/** @import {Alert, Heard, Said} from './protocol.js' */
/** @import {LocalEvent} from './store.js' */

/** An alert that is older than this when it is first heard of makes no sound: it is no news. */
const NEWS = 60_000;

let state = initial;
const timer = new Timer(() => window);
/** @type {Connection<Heard, Said>} */
const connection = new Connection(dispatch, () => window, { roles: ['supervisor', 'admin'], patient: [] });
/** @type {View | null} */ let view = null;
const alarms = new Alarms((alert) => view?.openAlert(alert), () => view?.quieten());
view = new View({
  dispatch, send: (command) => connection.send(command), retry: () => connection.retry(), enter, leave: () => void leave(),
}, alarms);

/** @param {Heard | LocalEvent} event */
function dispatch(event) {
  const now = performance.now();
  const before = state;
  state = reduce(state, event, now);
  if (event.type === 'alert') tell(event, before.desk.get(event.id)?.alert);
  if (event.type === 'tick') for (const [id, { alert }] of state.desk) tell(alert, before.desk.get(id)?.alert);
  if (event.type === 'hello' && state.opened) connection.send({ type: 'subscribe', call: state.opened.call });
  if (event.type === 'hello') void meet(event.user);
  if (state !== before) view?.render(state);
}

/** Asks who works in these teams, who need not be here. @param {string} user */
async function meet(user) {
  const known = await people(user);
  if (known !== null && state.me?.user === user) dispatch({ type: 'met', people: known });
}

/** Makes an alert known that is news. @param {Alert} alert @param {Alert | undefined} before */
function tell(alert, before) {
  if (alert === before || !rings(before, alert, state.me?.user ?? '')) return;
  const raised = alert.raised_at ? Date.parse(alert.raised_at) : NaN;
  if (before === undefined && state.ahead !== null && performance.now() + state.ahead - raised > NEWS) return;
  const name = nameOf(state.agents.get(alert.agent), alert.agent);
  alarms.ring(alert, name);
  view?.announce(alert, `${name}, ${whyOf(alert.why).label.toLowerCase()}`);
}

/** Shows the command that lets the agent's own computer in. */
async function offerComputer() {
  const { status, body } = await ask('POST', 'api/machines/link');
  const said = status === 201 ? `voiceassist join "${body['link']}"` : 'The hub gave no link. Load this page anew and log in.';
  setText(byId('joined-command', HTMLElement), said);
}

/** Tells a new agent what comes next. @param {string} user */
function welcome(user) {
  setText(byId('joined-user', HTMLElement), user);
  setText(byId('joined-listen', HTMLElement), `voiceassist listen --hub ${location.origin.replace('http', 'ws')}/ws`);
  void offerComputer();
  view?.showDoor('joined');
}

function tick() {
  const now = performance.now();
  dispatch({ type: 'tick' });
  if (state.whole && !document.hidden) view?.tick(state, now);
  timer.set(1000 - (Date.now() % 1000), tick);
}

function enter() {
  view?.passDoor();
  void connection.start();
}

async function leave() {
  connection.stop();
  await ask('DELETE', 'api/session');
  dispatch({ type: 'left' });
  dispatch({ type: 'link', phase: 'no_session' });
}

async function begin() {
  const token = fromAddress('i');
  if (token !== null) {
    new Invitation(token, (user, role) => role === 'agent' ? welcome(user) : enter());
    view?.showDoor('invited');
    return;
  }
  if (fromAddress('j') !== null) { // back from the organisation's login, with a new account
    const { status, body } = await ask('GET', 'api/session');
    if (status === 200 && body['role'] === 'agent') return welcome(String(body['user']));
  }
  const answer = await redeem();
  if (answer) view?.tellDoor(answer);
  await connection.start();
}

addEventListener('hashchange', () => location.hash.length > 1 && location.reload()); // another link was opened in this tab
addEventListener('online', () => connection.retry());
addEventListener('offline', () => void connection.check());
addEventListener('visibilitychange', () => {
  if (document.hidden) return;
  connection.retry();
  if (state.me !== null) void meet(state.me.user); // somebody may have accepted an invitation meanwhile
});
copying(document);
tick();
void begin();
