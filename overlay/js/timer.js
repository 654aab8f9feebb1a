/** One alarm at a time, rung by the window that is seen: browsers let the timers of a hidden page run late. */
export class Timer {
  #where;
  /** @type {Window} */ #window = window;
  #id = 0;

  /** @param {() => Window} where tells the window that is seen */
  constructor(where) {
    this.#where = where;
  }

  /** Rings in `wait` milliseconds, not when it was set to before. @param {number} wait @param {() => void} ring */
  set(wait, ring) {
    this.clear();
    this.#window = this.#where();
    this.#id = this.#window.setTimeout(ring, wait);
  }

  clear() {
    this.#window.clearTimeout(this.#id);
  }
}
