/** What a screen reader is told by itself: each new alert at once, and how many there are, seldom. */
import { byId, setText } from '../dom.js';
import { Timer } from '../timer.js';

/** The counts are told at most so often, in milliseconds. */
export const EVERY = 10_000;

export class Spoken {
  #counts = byId('spoken-counts', HTMLElement);
  #alerts = byId('spoken-alerts', HTMLElement);
  #timer = new Timer(() => window);
  #next = 0;
  #wanted = '';

  /** @param {string} text is told when its turn comes, unless another one came meanwhile */
  counts(text) {
    if (text === this.#wanted) return;
    this.#wanted = text;
    const wait = this.#next - performance.now();
    this.#timer.set(Math.max(0, wait), () => {
      this.#next = performance.now() + EVERY;
      setText(this.#counts, this.#wanted);
    });
  }

  /** @param {string} text */
  alert(text) {
    this.#alerts.textContent = text; // also the same again: it is another one
  }
}
