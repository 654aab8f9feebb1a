/** Buttons that copy what stands elsewhere on the page. */
import { byId, setText } from '../dom.js';

/** Each button whose `data-copies` names an element copies its text. @param {ParentNode} within */
export function copying(within) {
  for (const button of within.querySelectorAll('button[data-copies]')) {
    if (button instanceof HTMLButtonElement) button.addEventListener('click', () => void copy(button));
  }
}

/** Whether the browser let it happen: on a page without TLS it does not. @param {string} text @returns {Promise<boolean>} */
export async function toClipboard(text) {
  return await navigator.clipboard?.writeText(text).then(() => true, () => false) ?? false;
}

/** @param {HTMLButtonElement} button */
async function copy(button) {
  const source = byId(button.dataset['copies'] ?? '', HTMLElement);
  getSelection()?.selectAllChildren(source);
  setText(button, await toClipboard(source.textContent ?? '') ? 'Copied' : 'Press Ctrl+C');
}
