/** The keys of the overlay, what they do, and the page that explains them. */
import { byId, el, icon } from './dom.js';
import { PART } from './labels.js';
import { PARTS } from './protocol.js';

const OFF = 'voiceassist.keys.off';

/** Listens for single keys and shows them, with the marks, in a dialog. A key alone may be switched off there. */
export class Keys {
  #dialog = byId('help', HTMLDialogElement);
  #off = el('input', { type: 'checkbox', id: 'keys-off' });
  #keys;

  /** @param {Record<string, {does: string, press: () => void}>} keys */
  constructor(keys) {
    this.#keys = keys;
    byId('help-keys', HTMLElement).append(...Object.entries({ ...keys, '?': { does: 'This page' } }).map(([key, { does }]) =>
      el('div', {}, el('dt', {}, el('kbd', {}, key)), el('dd', {}, does))));
    byId('help-marks', HTMLElement).append(...PARTS.map((part) =>
      el('li', { 'data-part': part, 'data-lit': 'true' },
        el('span', { class: 'mark-sign' }, icon(part)),
        el('p', {}, el('strong', {}, PART[part].label), el('span', { class: 'fine' }, PART[part].means)))));
    this.#off.checked = localStorage.getItem(OFF) !== null;
    this.#off.addEventListener('change', () =>
      this.#off.checked ? localStorage.setItem(OFF, '1') : localStorage.removeItem(OFF));
    byId('help-keys', HTMLElement).after(el('label', { class: 'choice' }, this.#off, 'Turn single keys off'));
    document.addEventListener('keydown', (event) => this.#press(event));
  }

  open() {
    this.#dialog.showModal();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const typing = event.target instanceof HTMLElement && event.target.matches('input, textarea, select, [contenteditable]');
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (this.#dialog.open || this.#off.checked) return;
    if (event.key === '?') return this.open();
    this.#keys[event.key.toLowerCase()]?.press();
  }
}
