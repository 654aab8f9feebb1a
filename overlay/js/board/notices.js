/**
 * What is said once and goes by itself, above all else and out of the way.
 *
 * @import {LocalEvent, Notice, State} from './store.js'
 */
import { byId, el, iconButton } from '../dom.js';

export class Notices {
  #list = byId('notices', HTMLElement);
  /** @type {readonly Notice[]} */ #shown = [];
  #dispatch;

  /** @param {(event: LocalEvent) => void} dispatch */
  constructor(dispatch) {
    this.#dispatch = dispatch;
  }

  /** @param {State} state */
  render({ notices }) {
    if (notices === this.#shown) return;
    const before = this.#shown;
    this.#shown = notices;
    for (const row of [...this.#list.children]) {
      if (!notices.some(({ id }) => String(id) === row.getAttribute('data-id'))) row.remove();
    }
    this.#list.append(...notices.filter((notice) => !before.includes(notice)).map(({ id, tone, text }) =>
      el('div', { class: 'notice', 'data-tone': tone, 'data-id': String(id) }, el('p', { dir: 'auto' }, text),
        iconButton('close', 'Close this notice', () => this.#dispatch({ type: 'close_notice', id })))));
  }
}
