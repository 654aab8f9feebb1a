/**
 * A call that is opened: the review as its agent reads it, and for who supervises it its alerts and a way to delete it.
 *
 * @import {Kept, KeptReview, Me} from './calls.js'
 */
import { byId, el, icon, textButton } from '../dom.js';
import { noes } from '../review/noes.js';
import { overview } from '../review/overview.js';
import { Selection } from '../review/selection.js';
import { timeline } from '../review/timeline.js';
import { words } from '../review/words.js';
import { alerts } from './alerts.js';
import { review, whose } from './calls.js';
import { isProposable, proposal } from './proposal.js';

export class Opened {
  #root = byId('opened', HTMLElement);
  #shut; #erase;
  #fit = () => {};
  #call = '';

  /** @param {() => void} shut is called where nobody is let in any more @param {(call: Kept) => void} erase asks whether to delete it */
  constructor(shut, erase) {
    this.#shut = shut;
    this.#erase = erase;
    addEventListener('resize', () => this.#fit());
  }

  hide() {
    this.#call = '';
    this.#fit = () => {};
    this.#root.hidden = true;
    this.#root.replaceChildren();
  }

  /** @param {string} call @param {Me} me */
  async show(call, me) {
    this.#call = call;
    this.#root.hidden = false;
    this.#say('Opening the call…');
    scrollTo({ top: 0, behavior: 'instant' });
    const answer = await review(call);
    if (call !== this.#call) return; // another one was opened, or the list
    if (answer.status === 401) return this.#shut();
    if (answer.review !== null) this.#lay(answer.review, me);
    else if (answer.status === 409) {
      this.#say('This call is on. On the board you can open it now, and its agent sees that you do; here it can be read when it is over.',
        el('a', { class: 'text-button', href: 'board' }, 'To the board'), textButton('Try again', () => void this.show(call, me)));
    } else if (answer.status === 403 || answer.status === 404) this.#say('This call is not there for you: it was deleted, or belongs to another team.');
    else this.#say('The hub does not answer now.', textButton('Try again', () => void this.show(call, me)));
  }

  /** @param {string} text @param {...HTMLElement} more */
  #say(text, ...more) {
    this.#root.replaceChildren(bar(), el('p', { class: 'list-said', role: 'status' }, text, ' ', ...more));
  }

  /** @param {KeptReview} seen @param {Me} me */
  #lay(seen, me) {
    const { call } = seen;
    byId('sample', HTMLElement).hidden = !seen.sample;
    const own = me.role === 'agent';
    const selection = new Selection();
    const strip = timeline(seen, selection);
    const name = whose(call);
    const [head, ...rest] = overview(seen);
    const cards = noes(seen, selection);
    for (const no of own ? seen.noes.filter(isProposable) : []) {
      cards.querySelector(`#no-${no.number}`)?.append(proposal(call.id, no, this.#shut));
    }
    this.#root.replaceChildren(bar(...(own ? [] : [this.#deletion(call)])), ...(head ? [head] : []),
      ...(own ? [] : [el('p', { class: 'as-read' }, 'Written to ', el('bdi', {}, name), ', who can read the same: “you” below is ', el('bdi', {}, name), '. That this call was opened is written down.')]),
      ...rest, ...alerts(seen.alerts, me), strip.element,
      el('div', { class: 'columns' }, cards, words(seen, selection, own ? 'You' : name)));
    this.#fit = () => strip.fit();
    strip.fit();
    const title = this.#root.querySelector('h1');
    title?.setAttribute('tabindex', '-1');
    title?.focus({ preventScroll: true });
  }

  /** @param {Kept} call @returns {HTMLElement} */
  #deletion(call) {
    const button = el('button', { type: 'button', class: 'text-button quiet danger' }, icon('delete'), 'Delete this call');
    button.addEventListener('click', () => this.#erase(call));
    return button;
  }
}

/** @param {...HTMLElement} more @returns {HTMLElement} */
function bar(...more) {
  return el('div', { class: 'opened-bar' }, el('a', { class: 'text-button quiet', href: '#' }, icon('back'), 'All calls'), ...more);
}
