/**
 * How many noes the call had so far and how many of them were mended: off until the agent wants to see it, for a score
 * on the screen takes the eyes off the customer.
 *
 * @import {State} from './store.js'
 */
import { byId, setText } from './dom.js';
import { recall, remember } from './remembered.js';

const NAME = 'tally';

export class Tally {
  #root = byId('tally', HTMLElement);
  #on = byId('tally-on', HTMLInputElement);

  /** @param {() => void} then is called after a change */
  constructor(then) {
    this.#on.checked = recall(NAME) === '1';
    this.#on.addEventListener('change', () => {
      remember(NAME, this.#on.checked ? '1' : '0');
      then();
    });
  }

  /** @param {State} state */
  render({ call, moments }) {
    const noes = moments.filter(({ state }) => state !== 'withdrawn');
    const mended = noes.filter(({ state }) => state === 'repaired' || state === 'recovered');
    this.#root.hidden = !this.#on.checked || call === null;
    setText(this.#root, noes.length === 0 ? 'no no yet' : `${mended.length}/${noes.length} mended`);
  }
}
