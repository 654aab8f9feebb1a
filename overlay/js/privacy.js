/**
 * Before first use: what is heard, what is kept and who sees it, in one sentence with one button. It comes again only
 * with another version or another sentence.
 *
 * @import {State} from './store.js'
 */
import { byId, setText } from './dom.js';
import { recall, remember } from './remembered.js';

const UNDERSTOOD = 'understood';

export class Privacy {
  #root = byId('privacy', HTMLElement);
  #sentence = byId('privacy-sentence', HTMLElement);
  #usual = this.#sentence.textContent ?? '';
  #told = '';

  /** @param {() => void} then is called once it was understood */
  constructor(then) {
    byId('privacy-understood', HTMLButtonElement).addEventListener('click', () => {
      remember(UNDERSTOOD, this.#told);
      this.#root.hidden = true;
      then();
    });
  }

  /** Whether it stands between the agent and the panel. @returns {boolean} */
  get standing() {
    return !this.#root.hidden;
  }

  /** @param {State} state */
  render({ version, privacy }) {
    const sentence = privacy || this.#usual;
    const told = `${version}: ${sentence}`;
    if (version === '' || told === this.#told) return;
    this.#told = told;
    setText(this.#sentence, sentence);
    this.#root.hidden = recall(UNDERSTOOD) === told;
  }
}
