/** What the page remembers from one day to the next; where the browser keeps nothing, only until the page is closed. */

const PREFIX = 'voiceassist.';
/** @type {Map<string, string>} */
const here = new Map();

/** @param {string} name @returns {string | null} */
export function recall(name) {
  try {
    return localStorage.getItem(PREFIX + name) ?? here.get(name) ?? null;
  } catch {
    return here.get(name) ?? null; // even to look is refused where storage is blocked
  }
}

/** @param {string} name @param {string} value */
export function remember(name, value) {
  here.set(name, value);
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // blocked or full: then it holds for this page only
  }
}
