/** The keys of the overlay, what they do, and the page that explains them. */
import { byId, el, icon } from './dom.js';
import { PART } from './labels.js';
import { PARTS } from './protocol.js';
import { recall, remember } from './remembered.js';

const OFF = 'keys.off';

/** Listens for keys and shows them, with the marks, in a dialog. A key that is a character may be turned off there. */
export class Keys {
  #dialog = byId('help', HTMLDialogElement);
  #off = el('input', { type: 'checkbox', id: 'keys-off' });
  #keys;

  /** @param {{names: string[], does: string, press: (name: string, event: KeyboardEvent) => void}[]} keys each with its names */
  constructor(keys) {
    this.#keys = new Map(keys.flatMap(({ names, press }) => names.map((name) => [name, press])));
    byId('help-keys', HTMLElement).append(...keys.map(({ names, does }) =>
      el('div', {}, el('dt', {}, ...names.map((name) => el('kbd', {}, name === 'Escape' ? 'Esc' : name))),
        el('dd', {}, does))));
    byId('help-marks', HTMLElement).append(...PARTS.map((part) =>
      el('li', { 'data-part': part, 'data-lit': 'true' },
        el('span', { class: 'mark-sign' }, icon(part)),
        el('p', {}, el('strong', {}, PART[part].label), el('span', { class: 'fine' }, PART[part].means)))));
    this.#off.checked = recall(OFF) === '1';
    this.#off.addEventListener('change', () => remember(OFF, this.#off.checked ? '1' : '0'));
    byId('help-keys', HTMLElement).after(el('label', { class: 'choice' }, this.#off, 'Turn single keys off'));
    this.listen(document);
  }

  /** Hears the keys of another window, too. @param {Document} page */
  listen(page) {
    page.addEventListener('keydown', (event) => this.#press(event));
  }

  open() {
    this.#dialog.showModal();
  }

  close() {
    this.#dialog.close();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const focused = this.#dialog.ownerDocument.activeElement;
    const typing = focused?.matches('textarea, select, input:not([type=checkbox], [type=radio]), [contenteditable]');
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (this.#dialog.open || (this.#off.checked && event.key.length === 1)) return;
    this.#keys.get(event.key.length === 1 ? event.key.toLowerCase() : event.key)?.(event.key, event);
  }
}
