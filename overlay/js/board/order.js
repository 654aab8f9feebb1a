/** An order that people look at: nothing changes its place under the mouse, only when nobody is about to press. */
export class Settled {
  /** @type {readonly string[]} */ #shown = [];
  #late = 0;

  /** How many would stand elsewhere. @returns {number} */
  get late() {
    return this.#late;
  }

  /**
   * The order to show. While it may not change, what is new comes last and what is gone keeps its place.
   * @param {readonly string[]} wanted @param {boolean} may @returns {readonly string[]}
   */
  arrange(wanted, may) {
    if (may || this.#shown.length === 0) this.#shown = wanted;
    else {
      const known = new Set(this.#shown);
      const fresh = wanted.filter((key) => !known.has(key));
      if (fresh.length > 0) this.#shown = [...this.#shown, ...fresh];
    }
    this.#late = count(this.#shown, wanted);
    return this.#shown;
  }
}

/** @param {readonly string[]} shown @param {readonly string[]} wanted @returns {number} how many keys stand elsewhere */
function count(shown, wanted) {
  if (shown === wanted) return 0;
  let elsewhere = 0;
  for (let at = 0; at < Math.max(shown.length, wanted.length); at += 1) if (shown[at] !== wanted[at]) elsewhere += 1;
  return elsewhere;
}

/**
 * Puts `nodes` into `parent` in this order, and nothing else; what stands right is not touched, and who has the focus
 * keeps it.
 * @param {Element} parent @param {readonly Element[]} nodes
 */
export function place(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  const focused = document.activeElement;
  let next = parent.firstElementChild;
  for (const node of nodes) {
    if (node === next) next = next.nextElementSibling;
    else parent.insertBefore(node, next);
  }
  if (focused instanceof HTMLElement && focused !== document.activeElement && parent.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}
