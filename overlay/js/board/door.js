/**
 * What stands in place of the floor while nobody is let in: the login, the page of an invitation, and who may not.
 *
 * @import {Answer} from '../session.js'
 */
import { byId, setText } from '../dom.js';
import { ask } from '../session.js';
import { Timer } from '../timer.js';

/** @typedef {'login' | 'invited' | 'joined' | 'stranger'} Room */

export class Door {
  #root = byId('door', HTMLElement);
  #login = byId('login', HTMLFormElement);
  #user = byId('login-user', HTMLInputElement);
  #password = byId('login-password', HTMLInputElement);
  #enter = byId('login-enter', HTMLButtonElement);
  #said = byId('login-said', HTMLElement);
  #elsewhere = byId('login-elsewhere', HTMLElement);
  #timer = new Timer(() => window);
  #blockedUntil = 0;
  #room = /** @type {Room} */ ('login');
  #then;

  /** @param {() => void} then is called once there is a session */
  constructor(then) {
    this.#then = then;
    this.#login.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#enterBy({ user: this.#user.value.trim().toLowerCase(), password: this.#password.value });
    });
  }

  /** @returns {boolean} */
  get closed() {
    return !this.#root.hidden;
  }

  /** @param {Room} room */
  show(room) {
    const fresh = this.#root.hidden || room !== this.#room;
    this.#room = room;
    this.#root.hidden = false;
    for (const part of this.#root.querySelectorAll('[data-room]')) {
      if (part instanceof HTMLElement) part.hidden = part.dataset['room'] !== room;
    }
    if (!fresh) return;
    if (room === 'login') void this.#offer();
    const first = this.#root.querySelector(`[data-room="${room}"] :is(input, button)`);
    if (first instanceof HTMLElement) first.focus();
  }

  hide() {
    this.#root.hidden = true;
    this.#password.value = '';
    setText(this.#said, '');
  }

  /** What came of the one-time link that this page was opened by. @param {Answer} answer */
  tell({ status, wait }) {
    if (status === 401) setText(this.#said, 'That link was used already, or is too old. Log in, or ask for a new one.');
    else if (status === 429) this.#wait(wait);
  }

  /** Whether another way of logging in is offered, the server knows. */
  async #offer() {
    const { body } = await ask('GET', 'api/login');
    this.#elsewhere.hidden = body['oidc'] !== true;
  }

  /** @param {{user: string, password: string}} key */
  async #enterBy(key) {
    if (performance.now() < this.#blockedUntil) return;
    this.#enter.disabled = true;
    setText(this.#said, 'One moment…');
    const answer = await ask('POST', 'api/session', key);
    this.#enter.disabled = false;
    if (answer.status >= 200 && answer.status < 300) {
      this.#password.value = '';
      setText(this.#said, '');
      return this.#then();
    }
    if (answer.status === 429) return this.#wait(answer.wait);
    setText(this.#said, refusal(answer.status));
    this.#password.select();
  }

  /** Too many tries: the button comes back by itself. @param {number} wait seconds */
  #wait(wait) {
    this.#blockedUntil = performance.now() + wait * 1000;
    this.#enter.disabled = true;
    setText(this.#said, `Too many tries. You can try again in ${Math.ceil(wait)} seconds.`);
    this.#timer.set(wait * 1000, () => {
      this.#enter.disabled = false;
      setText(this.#said, 'You can try again now.');
    });
  }
}

/** @param {number} status @returns {string} */
function refusal(status) {
  if (status === 401 || status === 403 || status === 422) return 'That name and password do not belong together. Please try again.';
  return status === 0 ? 'The server does not answer. Please try again in a moment.' : 'That did not work. Please try again in a moment.';
}
