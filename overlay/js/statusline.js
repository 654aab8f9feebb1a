/**
 * The status line, and what stops the listening said large: on the stage, in the panel's window and in the title.
 *
 * @import {State} from './store.js'
 * @import {Status} from './status.js'
 */
import { clock } from './clock.js';
import { byId, el, icon, setText, textButton } from './dom.js';
import { status, title } from './status.js';

export class StatusLine {
  #app = byId('app', HTMLElement);
  #icon = byId('status-icon', HTMLElement);
  #label = byId('status-label', HTMLElement);
  #detail = byId('status-detail', HTMLElement);
  #timer = byId('timer', HTMLElement);
  #halt = byId('halt', HTMLElement);
  #image = ''; #halted = '';
  #retry; #resume;

  /** @param {() => void} retry connects now @param {() => void} resume */
  constructor(retry, resume) {
    this.#retry = retry;
    this.#resume = resume;
  }

  /** @param {State} state @param {number} now */
  render(state, now) {
    const said = status(state, now);
    this.#app.dataset['tone'] = said.tone;
    this.#app.dataset['link'] = state.link.phase;
    setText(this.#label, said.label);
    setText(this.#detail, said.detail);
    this.#detail.title = said.detail; // a narrow window may cut it
    if (said.icon !== this.#image) this.#icon.replaceChildren(icon(said.icon));
    this.#image = said.icon;
    this.#timer.hidden = state.call === null;
    setText(this.#timer, clock((now - state.startedAt) / 1000));
    for (const page of new Set([document, this.#app.ownerDocument])) {
      const name = title(state, now);
      if (page.title !== name) page.title = name;
    }
    this.#renderHalt(state, said);
  }

  /** With the way out. @param {State} state @param {Status} said */
  #renderHalt(state, said) {
    this.#halt.hidden = said.help === '';
    const key = said.label + said.help;
    if (key === this.#halted) return;
    this.#halted = key;
    if (said.help === '') return this.#halt.replaceChildren();
    const way = state.link.phase === 'waiting' ? textButton('Try now', this.#retry)
      : state.paused ? textButton('Resume', this.#resume) : null;
    this.#halt.replaceChildren(el('span', { class: 'halt-icon' }, icon(said.icon)),
      el('div', {}, el('p', { class: 'halt-title' }, said.label), el('p', { class: 'fine' }, said.help)),
      ...(way ? [way] : []));
  }
}
