/** Elements made without markup strings: whatever was said on the phone reaches the page as text only. */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * The element with this id; throws where the page has none of this kind.
 * @template {Element} T @param {string} id @param {new () => T} kind @returns {T}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Record<string, string>} attributes @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** One of the symbols in index.html, hidden from screen readers. @param {string} name @returns {SVGSVGElement} */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(use);
  return svg;
}

/**
 * What somebody said, in quotes; its writing direction stays within them.
 * @param {string} text @returns {Node[]}
 */
export function quoted(text) {
  return [new Text('“'), el('bdi', {}, text), new Text('”')];
}

/**
 * Gives an icon button its icon, name and, where it has one, its key.
 * @param {HTMLButtonElement} button @param {string} image @param {string} name @param {string} [key]
 */
export function label(button, image, name, key) {
  if (button.getAttribute('aria-label') === name) return;
  button.setAttribute('aria-label', name);
  button.title = key ? `${name} (${key})` : name;
  if (key) button.setAttribute('aria-keyshortcuts', key);
  button.replaceChildren(icon(image));
}

/**
 * @param {string} image @param {string} name @param {() => void} press @param {string} [key]
 * @returns {HTMLButtonElement}
 */
export function iconButton(image, name, press, key) {
  const button = el('button', { type: 'button', class: 'icon-button' });
  label(button, image, name, key);
  button.addEventListener('click', press);
  return button;
}

/** @param {string} name @param {() => void} press @returns {HTMLButtonElement} */
export function textButton(name, press) {
  const button = el('button', { type: 'button', class: 'text-button' }, name);
  button.addEventListener('click', press);
  return button;
}

/** Sets the text only where it differs: a live region must not speak twice. @param {Node} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
