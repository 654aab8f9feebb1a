/**
 * The calls that are kept, the newest first, day by day: never ordered by how anybody did.
 *
 * @import {Kept, Me} from './calls.js'
 */
import { counted } from '../board/labels.js';
import { byId, el, setText, textButton } from '../dom.js';
import { page } from './calls.js';
import { Filters } from './filters.js';
import { Offers } from './offers.js';
import { dayOf, row } from './row.js';
import { isAll, isBackwards } from './wanted.js';

/** @import {Wanted} from './wanted.js' */

const OWN = 'You see only your own. Who supervises your team can open them, too, and each time is written down.';
const OTHERS = 'That you look for calls, and which ones you open, is written down.';

export class List {
  #root = byId('list', HTMLElement);
  #title = byId('list-title', HTMLElement);
  #about = byId('list-about', HTMLElement);
  #said = byId('list-said', HTMLElement);
  #none = byId('list-none', HTMLElement);
  #days = byId('days', HTMLElement);
  #more = byId('list-more', HTMLButtonElement);
  #filters = new Filters(() => void this.search());
  #shut; #offers;
  #own = true;
  #fresh = false;
  #asked = 0;
  #after = '';
  #scrolled = 0;
  /** @type {Wanted | null} what the calls that stand there were found by */ #found = null;

  /** @param {() => void} shut is called where nobody is let in any more */
  constructor(shut) {
    this.#shut = shut;
    this.#offers = new Offers(shut);
    this.#more.addEventListener('click', () => void this.#ask(true));
  }

  /** Begins anew for who came in. @param {Me} me */
  begin(me) {
    this.#own = me.role === 'agent';
    this.#root.dataset['own'] = String(this.#own);
    setText(this.#title, this.#own ? 'Your calls' : 'Calls');
    setText(this.#about, this.#own ? OWN : OTHERS);
    this.#scrolled = 0;
    this.#empty();
    void this.#filters.offer(me);
    this.#offers.begin(me);
    this.#fresh = true;
  }

  async search() {
    this.#filters.mark();
    await this.#ask(false);
  }

  hide() {
    if (!this.#root.hidden) this.#scrolled = scrollY;
    this.#root.hidden = true;
  }

  /** Shows the list where it was left, with the cursor on that call. @param {string} [call] */
  show(call) {
    this.#root.hidden = false;
    if (this.#fresh) void this.search();
    this.#fresh = false;
    scrollTo({ top: this.#scrolled, behavior: 'instant' });
    const link = call === undefined ? undefined : this.#links().find((one) => one.dataset['call'] === call);
    (link ?? this.#title).focus({ preventScroll: true });
  }

  /** Takes out a call that is deleted. @param {string} call */
  drop(call) {
    const link = this.#links().find((one) => one.dataset['call'] === call);
    const day = link?.closest('section');
    link?.closest('li')?.remove();
    if (day?.querySelector('li') === null) day.remove();
    this.#count();
  }

  /** @param {boolean} more the next ones of those that stand there */
  async #ask(more) {
    const asked = ++this.#asked;
    const wanted = more && this.#found ? this.#found : this.#filters.wanted;
    if (isBackwards(wanted)) {
      this.#empty();
      return setText(this.#said, 'The first day lies after the last one.');
    }
    setText(this.#said, 'One moment…');
    this.#root.setAttribute('aria-busy', 'true');
    const { status, calls, after, sample } = await page(wanted, more ? this.#after : '');
    if (asked !== this.#asked) return; // something else was asked meanwhile
    this.#root.setAttribute('aria-busy', 'false');
    if (status === 401) return this.#shut();
    if (status !== 200) return this.#fail(status, more);
    if (!more) this.#empty();
    byId('sample', HTMLElement).hidden = !sample;
    this.#found = wanted;
    this.#after = after;
    const first = this.#add(calls);
    this.#count();
    if (more) first?.focus();
  }

  /** @param {readonly Kept[]} calls @returns {HTMLElement | undefined} the first of them */
  #add(calls) {
    const now = new Date();
    const before = this.#links().length;
    for (const call of calls) {
      const name = dayOf(call, now);
      let day = this.#days.lastElementChild;
      if (!(day instanceof HTMLElement) || day.dataset['day'] !== name) {
        const id = `day-${this.#days.childElementCount}`;
        day = el('section', { class: 'day', 'data-day': name, 'aria-labelledby': id }, el('h2', { id }, name), el('ol', {}));
        this.#days.append(day);
      }
      day.lastElementChild?.append(row(call, this.#own));
    }
    return this.#links()[before];
  }

  /** Tells how many there are, or why there are none. */
  #count() {
    const count = this.#links().length;
    this.#more.hidden = this.#after === '';
    this.#none.hidden = count > 0 || this.#after !== '';
    setText(this.#said, count === 0 ? '' : `${counted(count, 'call')}${this.#after === '' ? '' : ' so far'}, the newest first.`);
    if (!this.#none.hidden) this.#none.replaceChildren(...none(this.#found, this.#own));
  }

  /** @param {number} status @param {boolean} more */
  #fail(status, more) {
    if (!more) this.#empty();
    const why = status === 422 ? 'The hub cannot look for that. Try other words, or other days.'
      : status === 0 ? 'The hub does not answer. It may be starting anew, or your connection is lost.'
        : 'The calls cannot be read now. Nothing is lost.';
    this.#said.replaceChildren(why, ' ', textButton('Try again', () => void this.#ask(more)));
  }

  #empty() {
    this.#days.replaceChildren();
    this.#none.hidden = this.#more.hidden = true;
    this.#after = '';
    this.#found = null;
    setText(this.#said, '');
  }

  /** @returns {HTMLElement[]} */
  #links() {
    return [...this.#days.querySelectorAll('a')];
  }
}

/** @param {Wanted | null} wanted @param {boolean} own @returns {HTMLElement[]} */
function none(wanted, own) {
  if (wanted !== null && !isAll(wanted)) {
    return [el('p', {}, 'No call is like that.'), el('p', { class: 'fine' }, wanted.text === '' ? 'Take a condition away, or look at more days.'
      : 'Noes and nudges are always looked through; all that was said, only where words are kept.')];
  }
  return own ? [el('p', {}, 'None of your calls is kept here yet.'), el('p', { class: 'fine' }, 'After your next one it stands here, for you to look back at.')]
    : [el('p', {}, 'No call is kept yet.'), el('p', { class: 'fine' }, 'Calls come from your agents’ computers while they are on, and go when they are too old.')];
}
