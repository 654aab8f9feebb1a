/** How large the type is, in four steps; everything on the panel is measured by it. */
import { byId, el } from './dom.js';
import { recall, remember } from './remembered.js';

const NAME = 'type';
const SIZES = ['S', 'M', 'L', 'XL'];

export class TypeSize {
  #root = byId('type-size', HTMLElement);
  #size = SIZES.find((size) => size === recall(NAME)) ?? 'M';

  /** @param {() => void} then is called after a change */
  constructor(then) {
    this.#root.append(...SIZES.map((size) => {
      const input = el('input', { type: 'radio', name: 'type-size', value: size });
      input.checked = size === this.#size;
      input.addEventListener('change', () => {
        this.#size = size;
        remember(NAME, size);
        then();
      });
      return el('label', {}, input, el('span', {}, size));
    }));
  }

  /** On this page, and where the panel floats. */
  render() {
    for (const { documentElement } of [document, this.#root.ownerDocument]) {
      if (documentElement.dataset['type'] !== this.#size) documentElement.dataset['type'] = this.#size;
    }
  }
}
