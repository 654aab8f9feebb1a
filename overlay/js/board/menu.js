/** A small menu below a button; the browser closes it on Esc, on a press elsewhere, and when another one opens. */

/** @param {HTMLButtonElement} button @param {HTMLElement} panel */
export function menu(button, panel) {
  panel.popover = 'auto';
  button.popoverTargetElement = panel;
  button.setAttribute('aria-expanded', 'false');
  panel.addEventListener('beforetoggle', (event) => {
    const opens = /** @type {ToggleEvent} */ (event).newState === 'open';
    button.setAttribute('aria-expanded', String(opens));
    if (!opens) return;
    const { bottom, right } = button.getBoundingClientRect();
    panel.style.top = `${bottom + 6}px`;
    panel.style.right = `${Math.max(8, document.documentElement.clientWidth - right)}px`;
  });
}
