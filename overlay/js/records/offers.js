/**
 * The offers that are proposed and not decided: an agent's own, or for supervisors those of their teams, to put aside.
 *
 * @import {Me} from './calls.js'
 *
 * @typedef {{number: number, call: string, asked: string, text: string, by: string, proposed_at: string}} Proposal
 */
import { byId, el, quoted, setText, textButton } from '../dom.js';
import { when } from '../review/time.js';
import { ask } from '../session.js';

export class Offers {
  #room = byId('offers', HTMLDetailsElement);
  #title = byId('offers-title', HTMLElement);
  #said = byId('offers-said', HTMLElement);
  #list = byId('offers-list', HTMLOListElement);
  #own = true;
  #shut;

  /** @param {() => void} shut is called where nobody is let in any more */
  constructor(shut) {
    this.#shut = shut;
    this.#room.addEventListener('toggle', () => {
      if (this.#room.open) void this.#ask(); // not before: to see them is to read of calls
    });
  }

  /** Begins anew for who came in. @param {Me} me */
  begin(me) {
    this.#own = me.role === 'agent';
    this.#room.open = false;
    this.#list.replaceChildren();
    setText(this.#said, '');
    setText(this.#title, this.#own ? 'Offers that you proposed' : 'Offers proposed for the playbook');
  }

  async #ask() {
    setText(this.#said, 'One moment…');
    const { status, body } = await ask('GET', 'api/offers');
    if (status === 401) return this.#shut();
    if (status !== 200 || !Array.isArray(body)) {
      this.#list.replaceChildren();
      return setText(this.#said, 'They cannot be had now. Close this, and open it again in a moment.');
    }
    this.#list.replaceChildren(...body.map((/** @type {Proposal} */ one) => this.#entry(one)));
    this.#tell();
  }

  #tell() {
    const none = this.#list.childElementCount === 0;
    setText(this.#said, this.#own ? (none ? 'None waits. In a no that ended well you can propose what you offered.' : 'They wait for whoever keeps the playbook.')
      : none ? 'None waits. Agents propose them from their own calls.'
        : 'Whoever keeps the playbook takes one in with voiceassist playbook approve NUMBER --file PLAYBOOK.');
  }

  /** @param {Proposal} offer @returns {HTMLLIElement} */
  #entry({ number, call, asked, text, by, proposed_at: at }) {
    const item = el('li', { class: 'offer' }, el('div', {},
      el('p', {}, el('span', { class: 'fine' }, `${number}. What I can do is `), el('strong', {}, el('bdi', {}, text))),
      ...(asked ? [el('p', { class: 'fine' }, 'They asked: ', ...quoted(asked))] : []),
      el('p', { class: 'fine' }, ...(this.#own ? [] : [el('bdi', {}, by), ' · ']), when(at), ' · ',
        el('a', { href: `#call=${encodeURIComponent(call)}` }, 'The call'))));
    if (!this.#own) item.append(textButton('Put aside', () => void this.#reject(number, item)));
    return item;
  }

  /** @param {number} number @param {HTMLLIElement} item */
  async #reject(number, item) {
    const { status } = await ask('POST', `api/offers/${number}/reject`);
    if (status === 401) return this.#shut();
    if (status === 0 || status >= 500) return setText(this.#said, 'That did not reach the hub. Please try again in a moment.');
    item.remove(); // or somebody was faster
    this.#tell();
    this.#room.querySelector('summary')?.focus();
  }
}
