/**
 * How the connection is: a quiet dot while the floor is heard, a line with the way out where it is not.
 *
 * @import {State} from './store.js'
 */
import { byId, setText } from '../dom.js';
import { span } from './labels.js';
import { staleness } from './store.js';

export class LinkLine {
  #root = byId('link', HTMLElement);
  #text = byId('link-text', HTMLElement);
  #now = byId('link-now', HTMLButtonElement);
  #app = byId('floor', HTMLElement);
  #was = '';

  /** @param {() => void} retry connects now */
  constructor(retry) {
    this.#now.addEventListener('click', retry);
  }

  /** @param {State} state @param {number} now */
  render(state, now) {
    const { phase } = state.link;
    const stale = staleness(state, now);
    const live = phase === 'open' && stale === 0;
    // For the blink of an eye a connection may go without a word: it is back before one has read of it.
    const calm = live || (phase !== 'waiting' && state.whole && stale === 0 && this.#was !== 'lost');
    this.#was = calm ? 'live' : 'lost';
    this.#root.dataset['state'] = this.#was;
    this.#app.dataset['stale'] = String(stale > 0);
    this.#now.hidden = phase !== 'waiting';
    setText(this.#text, calm ? 'Live' : said(state, now, stale));
  }
}

/** @param {State} state @param {number} now @param {number} stale @returns {string} */
function said({ link, whole }, now, stale) {
  const old = stale > 0 ? ` What you see is ${stale < 60_000 ? `${Math.round(stale / 1000)} s` : span(stale)} old.` : '';
  if (link.phase === 'open') return `Nothing comes from the floor.${old}`;
  if (link.phase === 'connecting' && !whole) return 'Connecting…';
  const left = Math.ceil((link.retryAt - now) / 1000);
  return `Not connected, ${link.phase === 'waiting' && left > 0 ? `trying again in ${left} s` : 'trying again'}.${old}`;
}
