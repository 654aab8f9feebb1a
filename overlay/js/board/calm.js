/** Whether somebody is about to press something in a part of the page: then nothing there may change its place. */
import { Timer } from '../timer.js';

/** So long after the last movement a hand is taken to rest, in milliseconds. */
export const RESTS_AFTER = 3_000;

export class Calm {
  #timer = new Timer(() => window);
  #last = -Infinity;
  #pressed = false;
  #then;

  /** @param {Element} element @param {() => void} then is called when the hand has come to rest */
  constructor(element, then) {
    this.#then = then;
    const busy = () => this.#touch();
    for (const kind of ['pointermove', 'pointerdown', 'keydown', 'focusin', 'wheel']) {
      element.addEventListener(kind, busy, { passive: true });
    }
    element.addEventListener('pointerleave', () => this.#rest());
    element.addEventListener('pointerdown', () => (this.#pressed = true));
    for (const kind of ['pointerup', 'pointercancel']) {
      document.addEventListener(kind, () => {
        if (!this.#pressed) return;
        this.#pressed = false;
        this.#touch();
      });
    }
  }

  /** Whether things may move. @returns {boolean} */
  get rests() {
    return !this.#pressed && performance.now() - this.#last >= RESTS_AFTER;
  }

  #touch() {
    this.#last = performance.now();
    this.#timer.set(RESTS_AFTER + 20, this.#then);
  }

  #rest() {
    this.#pressed = false;
    this.#last = -Infinity;
    this.#timer.set(0, this.#then);
  }
}
