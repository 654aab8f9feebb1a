/**
 * The question before a call is deleted.
 *
 * @import {Kept} from './calls.js'
 */
import { byId, setText } from '../dom.js';
import { when } from '../review/time.js';
import { remove, whose } from './calls.js';

export class Erase {
  #dialog = byId('erase', HTMLDialogElement);
  #which = byId('erase-which', HTMLElement);
  #said = byId('erase-said', HTMLElement);
  #now = byId('erase-now', HTMLButtonElement);
  #call = '';
  #gone; #shut;

  /** @param {(call: string) => void} gone is called once it is deleted @param {() => void} shut where nobody is let in any more */
  constructor(gone, shut) {
    this.#gone = gone;
    this.#shut = shut;
    byId('erase-keep', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
    this.#now.addEventListener('click', () => void this.#erase());
  }

  /** @param {Kept} call */
  ask(call) {
    this.#call = call.id;
    setText(this.#which, `${whose(call)}, ${when(call.started_at)}`);
    setText(this.#said, '');
    this.#dialog.showModal();
  }

  close() {
    this.#dialog.close();
  }

  async #erase() {
    const call = this.#call;
    this.#now.disabled = true;
    setText(this.#said, 'Deleting…');
    const status = await remove(call);
    this.#now.disabled = false;
    if (status === 401) return this.#shut();
    if (status === 204 || status === 404 || status === 403) { // the last two: somebody was faster
      this.#dialog.close();
      return this.#gone(call);
    }
    setText(this.#said, status === 0 ? 'The hub has not answered yet: it may still be at it. Look in a moment whether the call is gone.'
      : 'That did not work, and the call is still there. Please try again in a moment.');
  }
}
