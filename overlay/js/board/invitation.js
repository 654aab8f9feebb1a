/** The page of an invitation: whoever was invited chooses a name and a password. */
/** @import {Answer} from '../session.js' */
import { byId, setText } from '../dom.js';
import { ask } from '../session.js';

/** The shortest password that is taken, as the server has it. */
export const SHORTEST = 12;
/** What is answered for a token that is unknown, used or too old. */
const USED = new Set([401, 404, 410]);
const USER = /^[a-z0-9._@-]{1,64}$/;

export class Invitation {
  #form = byId('accept', HTMLFormElement);
  #user = byId('accept-user', HTMLInputElement);
  #name = byId('accept-name', HTMLInputElement);
  #password = byId('accept-password', HTMLInputElement);
  #enter = byId('accept-enter', HTMLButtonElement);
  #said = byId('accept-said', HTMLElement);
  #from = byId('accept-from', HTMLElement);
  #elsewhere = byId('accept-elsewhere', HTMLElement);
  #oidc = byId('accept-oidc', HTMLButtonElement);
  #token; #then;

  /** @param {string} token @param {(user: string, role: string) => void} then is called once the account stands */
  constructor(token, then) {
    this.#token = token;
    this.#then = then;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#accept();
    });
    this.#oidc.addEventListener('click', () => void this.#leave());
    void this.#look();
    void this.#offer();
  }

  /** Who invites, and to what; an invitation that is over is said to be before anything is filled in. */
  async #look() {
    const answer = await ask('POST', 'api/invites/look', { token: this.#token });
    const { by, team, user } = answer.body;
    if (answer.status === 200) {
      setText(this.#from, `${by ? `${by} invites you` : 'You are invited'}${team ? ` to the team ${team}` : ''}. Choose how you are called, and a password that only you know.`);
      if (typeof user === 'string' && user !== '') {
        this.#user.value = user;
        this.#user.readOnly = true; // it is for this name only
      }
    } else if (USED.has(answer.status)) setText(this.#said, refusal(answer));
  }

  /** Whether the organisation's own login does it, too, the server knows. */
  async #offer() {
    const { body } = await ask('GET', 'api/login');
    this.#elsewhere.hidden = body['oidc'] !== true;
  }

  /** To the organisation's login, which comes back with an account. */
  async #leave() {
    setText(this.#said, 'One moment…');
    this.#oidc.disabled = true;
    const answer = await ask('POST', 'api/invites/oidc', { token: this.#token });
    this.#oidc.disabled = false;
    if (answer.status === 200) location.assign(String(answer.body['url']));
    else setText(this.#said, refusal(answer));
  }

  async #accept() {
    const user = this.#user.value.trim().toLowerCase();
    const wrong = complaint(user, this.#name.value.trim(), this.#password.value);
    setText(this.#said, wrong || 'One moment…');
    if (wrong) return;
    this.#enter.disabled = true;
    const answer = await ask('POST', 'api/invites/accept',
      { token: this.#token, user, name: this.#name.value.trim(), password: this.#password.value });
    this.#enter.disabled = false;
    if (answer.status >= 200 && answer.status < 300) {
      this.#password.value = '';
      return this.#then(user, String(answer.body['role'] ?? 'agent'));
    }
    setText(this.#said, refusal(answer));
  }
}

/** What is wrong with what was filled in; empty where it may be sent. @param {string} user @param {string} name @param {string} password */
export function complaint(user, name, password) {
  if (!USER.test(user)) return 'A login name has small letters, digits and . _ @ -, 64 at most.';
  if (name === '') return 'Please say how you are called.';
  return password.length < SHORTEST ? `A password has at least ${SHORTEST} characters. A short sentence is a good one.` : '';
}

/** @param {Answer} answer @returns {string} */
function refusal({ status, body, wait }) {
  if (USED.has(status)) return 'This invitation was used already, or is too old. Ask your supervisor for a new one.';
  if (status === 409) return 'That login name is taken. Please choose another one.';
  if (status === 429) return `Too many tries. You can try again in ${Math.ceil(wait)} seconds.`;
  if (status === 0) return 'The server does not answer. Please try again in a moment.';
  return typeof body['message'] === 'string' ? body['message'] : 'That did not work. Please try again in a moment.';
}
