/** Joins the parts: what the connection delivers goes through the store to the view. */
import { Connection } from './connection.js';
import { Floating } from './floating.js';
import { AT_HUB, Sender } from './sender.js';
import { initial, nextDeadline, reduce } from './store.js';
import { Timer } from './timer.js';
import { View } from './view.js';

/** @import {Command, FromServer} from './protocol.js' */
/** @import {LocalEvent} from './store.js' */

let state = initial;
/** The no whose cue was painted last. */
let cued = '';
const floating = new Floating(dispatch);
const seen = () => floating.window;
const timer = new Timer(seen);
/** @type {Connection<FromServer, Command>} */
const connection = new Connection(dispatch, seen);
const view = new View(dispatch, send, () => connection.retry(), floating);
/** @type {Sender | null} */ let sender = null;

/** @param {Command} command */
function send(command) {
  sender?.press(command);
  connection.send(command);
}

/** @param {FromServer | LocalEvent} event */
function dispatch(event) {
  const now = performance.now();
  state = reduce(state, event, now);
  view.render(state, now);
  sender?.hear(event);
  if (AT_HUB && (state.link.phase === 'no_session' || state.link.phase === 'stranger')) location.replace('board');
  if (event.type === 'nudge' && state.nudge?.nudge === event && view.shows) {
    afterPaint(() => connection.send({ type: 'painted', id: event.id }));
  }
  if (event.type === 'moment' && event.state === 'open' && event.id !== cued && view.shows) {
    cued = event.id;
    afterPaint(() => connection.send({ type: 'painted', id: event.id }));
  }
  if (event.type === 'place') connection.wake();
  if (state.link.phase === 'no_session') floating.back(); // what is to be read now stands on the page
  timer.set(Math.min(1000, Math.max(0, nextDeadline(state) - now)), () => dispatch({ type: 'tick' }));
}

/** Calls back once the frame that is being made stands on the screen. @param {() => void} then */
function afterPaint(then) {
  if (seen().document.hidden) return; // it would be painted when somebody looks, which says nothing of us
  seen().requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => (port1.close(), then()), { once: true });
    port1.start();
    port2.postMessage(null);
  });
}

addEventListener('online', () => connection.retry());
addEventListener('offline', () => void connection.check());
addEventListener('visibilitychange', () => document.hidden || connection.retry());
if (AT_HUB) sender = new Sender(connection, dispatch);
void connection.start();
