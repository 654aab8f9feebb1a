/**
 * The way to the server and back: session, WebSocket, and coming back after a loss with nothing missing.
 *
 * @typedef {{type: 'link', phase: 'connecting' | 'open' | 'waiting' | 'no_session' | 'stranger', retryAt?: number}} LinkEvent
 *   `stranger`: the session is of somebody whom this page is not for
 */
import { redeem } from './session.js';
import { Timer } from './timer.js';

const FIRST_WAIT = 500;
const LONGEST_WAIT = 10_000;
/** Bytes of sound that may wait to be sent: two seconds. */
const MOST_BUFFERED = 64_000;
/** The longest that the server may take to answer. */
const ANSWER = 5_000;
/** How often it is asked while connected: a socket whose other end has vanished looks open for minutes. */
const PULSE = 5_000;

/** What may wait for the next connection. A call or a pause must not: it would come as a surprise then. */
const PATIENT = ['dismiss', 'feedback', 'snooze'];

/** @template {{type: string, cursor?: string | null}} Heard @template {{type: string}} Said */
export class Connection {
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {string | null} */ #cursor = null;
  /** @type {Said[]} */ #waiting = [];
  #losses = 0;
  #waits = false;
  #timer; #deliver; #roles; #patient;
  #role = 'agent';

  /**
   * @param {(event: Heard | LinkEvent) => void} deliver what comes in, in order
   * @param {() => Window} seen tells the window that is seen
   * @param {{roles?: readonly string[], patient?: readonly string[]}} [client] `roles`: whom the page is for, `patient`:
   *   which commands may wait
   */
  constructor(deliver, seen, { roles = ['agent'], patient = PATIENT } = {}) {
    this.#deliver = deliver;
    this.#timer = new Timer(seen);
    this.#roles = roles;
    this.#patient = new Set(patient);
  }

  /** Opens a session with the address's one-time token, where it has one, and connects. */
  async start() {
    await redeem(); // whether there is a session now, the next step finds out
    await this.#open();
  }

  /** Goes, and stays away until it is started again. */
  stop() {
    const socket = this.#socket;
    this.#socket = null;
    this.#waits = false;
    this.#timer.clear();
    socket?.close();
  }

  /** Connects now instead of waiting longer; does nothing while connected. */
  retry() {
    if (!this.#waits) return;
    this.#timer.clear();
    void this.#open();
  }

  /** Another window is seen now: what was set in the last one may never ring. */
  wake() {
    if (this.#waits) this.retry();
    else void this.check();
  }

  /** Says `command` to the server; without a connection only what may wait is kept. @param {Said} command */
  send(command) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ v: 1, ...command }));
    else if (this.#patient.has(command.type)) this.#waiting = [...this.#waiting, command].slice(-20);
  }

  /** Sends sound; what a slow line cannot take in time is dropped. @param {ArrayBuffer} sound */
  sendSound(sound) {
    const socket = this.#socket;
    if (socket?.readyState === WebSocket.OPEN && socket.bufferedAmount < MOST_BUFFERED) socket.send(sound);
  }

  async #open() {
    this.#waits = false;
    this.#deliver({ type: 'link', phase: 'connecting' });
    const session = await this.#hasSession();
    if (session === false) return this.#deliver({ type: 'link', phase: 'no_session' });
    if (session === undefined) return this.#wait();
    if (!this.#roles.includes(this.#role)) return this.#deliver({ type: 'link', phase: 'stranger' });
    const address = new URL('ws', location.href);
    address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.addEventListener('open', () => {
      socket.send(JSON.stringify({ v: 1, type: 'hello', role: this.#role, cursor: this.#cursor }));
    });
    socket.addEventListener('message', ({ data }) => this.#receive(socket, data));
    socket.addEventListener('close', () => this.#lose(socket));
    this.#timer.set(ANSWER, () => void this.check());
  }

  /** Asks whether the server is still there, and goes on asking; where it is not, the connection is given up. */
  async check() {
    const socket = this.#socket;
    if (socket === null) return;
    this.#timer.clear();
    const answered = await this.#hasSession();
    if (socket !== this.#socket) return; // it closed meanwhile
    if (answered !== true || socket.readyState !== WebSocket.OPEN) return this.#lose(socket);
    this.#timer.set(PULSE, () => void this.check());
  }

  /** True or false where the server says so; undefined where it does not answer. */
  async #hasSession() {
    try {
      const answer = await fetch('api/session', { cache: 'no-store', signal: AbortSignal.timeout(ANSWER) });
      if (answer.ok) this.#role = (await answer.json()).role;
      return answer.status !== 401;
    } catch {
      return undefined;
    }
  }

  /** @param {WebSocket} socket @param {string} text */
  #receive(socket, text) {
    if (socket !== this.#socket) return; // given up: the next one brings it again
    /** @type {Heard} */
    const message = JSON.parse(text);
    if (message.cursor) this.#cursor = message.cursor;
    if (message.type === 'hello') {
      this.#losses = 0;
      this.#deliver({ type: 'link', phase: 'open' });
      this.#waiting.splice(0).forEach((command) => this.send(command));
    }
    this.#deliver(message);
  }

  /** @param {WebSocket} socket */
  #lose(socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    socket.close();
    this.#wait();
  }

  #wait() {
    const base = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#losses++);
    const wait = base * (0.75 + Math.random() / 2); // many overlays must not come back in one instant
    this.#waits = true;
    this.#timer.set(wait, () => void this.#open());
    this.#deliver({ type: 'link', phase: 'waiting', retryAt: performance.now() + wait });
  }
}
