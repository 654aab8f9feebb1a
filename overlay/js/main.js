/** Joins the parts: what the connection delivers goes through the store to the view. */
import { Connection } from './connection.js';
import { initial, nextDeadline, reduce } from './store.js';
import { View } from './view.js';

/** @import {FromServer} from './protocol.js' */
/** @import {LocalEvent} from './store.js' */

let state = initial;
/** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
const connection = new Connection(dispatch);
const view = new View(dispatch, (command) => connection.send(command), () => connection.retry());

/** @param {FromServer | LocalEvent} event */
function dispatch(event) {
  const now = performance.now();
  state = reduce(state, event, now);
  view.render(state, now);
  if (event.type === 'nudge' && state.nudge?.nudge === event) {
    afterPaint(() => connection.send({ type: 'painted', id: event.id }));
  }
  clearTimeout(timer);
  timer = setTimeout(dispatch, Math.min(1000, Math.max(0, nextDeadline(state) - now)), { type: 'tick' });
}

/** Calls back once the frame that is being made stands on the screen. @param {() => void} then */
function afterPaint(then) {
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => (port1.close(), then()), { once: true });
    port1.start();
    port2.postMessage(null);
  });
}

addEventListener('online', () => connection.retry());
addEventListener('offline', () => void connection.check());
addEventListener('visibilitychange', () => document.hidden || connection.retry());
void connection.start();
