/**
 * The panel in a small window of its own, above the softphone: Picture-in-Picture where the browser has it for pages,
 * else a pop-up window. The panel itself moves, so that it is the same there and here.
 *
 * @import {LocalEvent} from './store.js'
 *
 * @typedef {Window & typeof globalThis} Seen
 * @typedef {{width: number, height: number, left?: number, top?: number}} Frame in CSS pixels; only a pop-up is placed
 * @typedef {{requestWindow(frame: {width: number, height: number}): Promise<Seen>}} PictureInPicture
 */
import { byId } from './dom.js';
import { recall, remember } from './remembered.js';

const FRAME = 'frame';
/** @type {Frame} */
const FIRST = { width: 340, height: 420 };
/** A window that was made very small must not come back as one that nobody finds. */
const LEAST = 160;

export class Floating {
  /** @type {Seen | null} */ #window = null;
  #panel = byId('app', HTMLElement);
  #home = byId('elsewhere', HTMLElement);
  #symbols = byId('symbols', SVGElement);
  #dispatch; #opening = false;

  /** @param {(event: LocalEvent) => void} dispatch */
  constructor(dispatch) {
    this.#dispatch = dispatch;
    addEventListener('pagehide', () => this.#window?.close()); // without this page it would show the past for ever
  }

  /** The window in which the panel is. @returns {Seen} */
  get window() {
    return this.#window ?? window;
  }

  /** Needs the click or the key that it is called in. @param {(page: Document) => void} listen is given the new page */
  async open(listen) {
    if (this.#window !== null || this.#opening) return;
    this.#opening = true;
    const opened = await pictureInPicture() ?? popUp();
    this.#opening = false;
    if (opened === null) return this.#dispatch({ type: 'place', place: 'refused' });
    this.#window = opened;
    this.#furnish(opened);
    opened.document.body.append(this.#panel);
    opened.addEventListener('pagehide', () => this.#land(opened, 'closed'));
    opened.addEventListener('resize', () => keepFrame(opened));
    listen(opened.document);
    this.#dispatch({ type: 'place', place: 'floating' });
  }

  /** Back onto the page. */
  back() {
    const left = this.#window;
    if (left === null) return;
    this.#land(left, 'page');
    left.close();
    window.focus();
  }

  /** @param {Seen} left @param {'page' | 'closed'} place */
  #land(left, place) {
    if (left !== this.#window) return;
    keepFrame(left);
    this.#window = null;
    this.#home.before(this.#panel);
    this.#dispatch({ type: 'place', place });
  }

  /** The look of this page, without asking the server, which may be away. @param {Seen} opened */
  #furnish(opened) {
    const look = new opened.CSSStyleSheet();
    look.replaceSync([...document.styleSheets].flatMap(({ cssRules }) => [...cssRules])
      .map(({ cssText }) => cssText).join('\n'));
    opened.document.adoptedStyleSheets = [look];
    opened.document.documentElement.lang = document.documentElement.lang;
    opened.document.body.append(this.#symbols.cloneNode(true));
  }
}

/** @returns {Promise<Seen | null>} */
async function pictureInPicture() {
  const { documentPictureInPicture: maker } =
    /** @type {{documentPictureInPicture?: PictureInPicture}} */ (/** @type {unknown} */ (window));
  const { width, height } = frame();
  return await maker?.requestWindow({ width, height }).catch(() => null) ?? null; // refused: a pop-up may still open
}

/** @returns {Seen | null} */
function popUp() {
  const { width, height, left, top } = frame();
  const place = left === undefined || top === undefined ? '' : `,left=${left},top=${top}`;
  return /** @type {Seen | null} */ (window.open('', '', `popup,width=${width},height=${height}${place}`));
}

/** @returns {Frame} */
function frame() {
  const [width, height, left, top] = (recall(FRAME) ?? '').split(' ').map(Number);
  if (!width || !height || !(width >= LEAST && height >= LEAST)) return FIRST;
  return { width, height, ...(Number.isFinite(left) && Number.isFinite(top) ? { left, top } : {}) };
}

/** @param {Seen} seen */
function keepFrame({ innerWidth, innerHeight, screenX, screenY }) {
  if (innerWidth > 0 && innerHeight > 0) remember(FRAME, [innerWidth, innerHeight, screenX, screenY].join(' '));
}
