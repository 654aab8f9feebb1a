/** The tab's name and sign, which are seen where the page is not: how many alerts wait, and whether the floor is heard. */

const SVG = 'http://www.w3.org/2000/svg';
const CALM = '#4f5bd5';
const WAITS = '#c02626';
const GONE = '#767d8c';

export class Tab {
  #link = /** @type {HTMLLinkElement} */ (document.querySelector('link[rel=icon]'));
  #shown = '';

  /** @param {number} waiting @param {boolean} connected */
  render(waiting, connected) {
    const title = `${connected ? '' : '✕ Not connected · '}${waiting > 0 ? `(${waiting}) ` : ''}Floor · voiceassist`;
    if (document.title !== title) document.title = title;
    const sign = favicon(waiting, connected);
    if (sign === this.#shown) return;
    this.#shown = sign;
    this.#link.href = `data:image/svg+xml,${encodeURIComponent(sign)}`;
  }
}

/** @param {number} waiting @param {boolean} connected @returns {string} */
export function favicon(waiting, connected) {
  const colour = !connected ? GONE : waiting > 0 ? WAITS : CALM;
  const count = waiting > 9 ? '9+' : String(waiting);
  const text = waiting > 0
    ? `<text x="16" y="22.5" font-size="${count.length > 1 ? 15 : 19}" font-family="sans-serif" font-weight="700" fill="#fff" text-anchor="middle">${count}</text>` : '';
  return `<svg xmlns="${SVG}" viewBox="0 0 32 32"><circle cx="16" cy="16" r="${waiting > 0 ? 15 : 11}" fill="${colour}"/>${text}</svg>`;
}
