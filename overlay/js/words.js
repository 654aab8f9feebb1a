/**
 * The words of the call as they are heard: the customer's on the left, the agent's on the right, the newest in sight.
 *
 * @import {Channel, Transcript} from './protocol.js'
 * @import {State} from './store.js'
 */
import { clock } from './clock.js';
import { byId, el, icon, setText } from './dom.js';

const NEAR = 32;

export class Words {
  #panel = byId('words-panel', HTMLElement);
  #list = byId('words', HTMLOListElement);
  #empty = byId('words-empty', HTMLElement);
  #latest;
  /** @type {readonly Transcript[]} */ #lines = [];
  /** @type {readonly Transcript[]} */ #interim = [];
  #following = true;
  #name; #invite;

  /**
   * @param {(channel: Channel) => string} [name] what each side is called
   * @param {(state: State) => string} [invite] what is said while there are no words
   */
  constructor(name = (channel) => (channel === 'agent' ? 'You' : 'Customer'), invite = invitation) {
    this.#name = name;
    this.#invite = invite;
    this.#latest = el('button', { type: 'button', class: 'latest', hidden: '' }, icon('down-arrow'), 'Latest');
    this.#latest.addEventListener('click', () => this.#follow(true));
    this.#panel.append(this.#latest);
    this.#panel.addEventListener('scroll', () => this.#follow(this.#atEnd()), { passive: true });
    new ResizeObserver(() => this.#keep()).observe(this.#panel);
  }

  /** @param {State} state */
  render(state) {
    setText(this.#empty, this.#invite(state));
    this.#empty.hidden = state.lines.length + state.interim.length > 0;
    if (state.lines === this.#lines && state.interim === this.#interim) return;
    const same = state.lines.length >= this.#lines.length && state.lines[0] === this.#lines[0];
    const kept = same ? this.#lines.length : 0;
    while (this.#list.children.length > kept) this.#list.lastChild?.remove();
    const fresh = [...state.lines.slice(kept), ...state.interim];
    fresh.forEach((line, index) => {
      const before = index > 0 ? fresh[index - 1] : state.lines[kept - 1];
      this.#list.append(row(line, line.channel !== before?.channel, this.#name(line.channel)));
    });
    [this.#lines, this.#interim] = [state.lines, state.interim];
    this.#keep();
  }

  /** Moved to another window, or made larger: the newest stays in sight. */
  move() {
    this.#keep();
  }

  #keep() {
    if (this.#following) this.#panel.scrollTop = this.#panel.scrollHeight;
  }

  #atEnd() {
    return this.#panel.scrollHeight - this.#panel.scrollTop - this.#panel.clientHeight < NEAR;
  }

  /** @param {boolean} following */
  #follow(following) {
    this.#following = following;
    this.#latest.hidden = following;
    this.#keep();
  }
}

/** @param {Transcript} line @param {boolean} first of this side in a row @param {string} who @returns {HTMLLIElement} */
function row(line, first, who) {
  return el('li', {
    class: 'line', 'data-channel': line.channel, 'data-final': String(line.final), 'data-first': String(first),
  },
    el('span', { class: first ? 'who' : 'unseen' }, who, el('time', {}, ` ${clock(line.start)}`)),
    el('span', { class: 'said', dir: 'auto' }, line.text));
}

/** @param {State} state @returns {string} */
function invitation(state) {
  if (state.paused || state.link.phase !== 'open') return '';
  return state.call === null ? 'Ready for the next call.' : 'Words appear here as they are heard.';
}
