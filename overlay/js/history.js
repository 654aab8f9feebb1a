/**
 * What happened in this call: each no with its marks and how it ended, and the nudges it got, and quietly what else was
 * noted.
 *
 * @import {Mark, Moment, Noted} from './protocol.js'
 * @import {Past, State} from './store.js'
 */
import { byId, el, icon, iconButton, quoted } from './dom.js';
import { CLEARED, ENDED, KIND_ICON, KIND_NAME, MARK, WITHHELD, muted as mutedText } from './labels.js';
import { marks } from './marks.js';

export class History {
  #list = byId('history', HTMLOListElement);
  #empty = byId('history-empty', HTMLElement);
  /** @type {Pick<State, 'moments' | 'past' | 'marks' | 'muted'>} */
  #shown = { moments: [], past: [], marks: [], muted: [] };
  #rate;

  /** @param {((id: string, helpful: boolean) => void) | null} rate null where thumbs are not for who looks on */
  constructor(rate) {
    this.#rate = rate;
  }

  /** @param {State} state */
  render({ moments, past, marks, muted }) {
    this.#empty.hidden = moments.length + past.length + marks.length + muted.length > 0;
    const shown = this.#shown;
    if (moments === shown.moments && past === shown.past && marks === shown.marks && muted === shown.muted) return;
    this.#shown = { moments, past, marks, muted };
    const page = this.#list.ownerDocument;
    const focused = page.activeElement?.id;
    const known = new Set(moments.map((moment) => moment.id));
    /** @type {(entry: {moment: string | null}) => boolean} */
    const lone = ({ moment }) => moment === null || !known.has(moment);
    const entries = [
      ...moments.map((moment) => ({ at: moment.at, row: this.#no(moment,
        past.filter(({ nudge }) => nudge.moment === moment.id), marks.filter((mark) => mark.moment === moment.id)) })),
      ...past.filter(({ nudge }) => lone(nudge)).map((entry) =>
        ({ at: entry.nudge.at, row: el('li', { class: 'entry' }, this.#nudge(entry)) })),
      ...marks.filter(lone).map((mark) => ({ at: mark.at, row: quiet(noted(mark)) })),
      ...muted.map((kind) => ({ at: kind.at, row: quiet(el('p', { class: 'noted' }, icon('note'), mutedText(kind))) })),
    ];
    this.#list.replaceChildren(...entries.sort((one, other) => other.at - one.at).map(({ row }) => row));
    if (focused) page.getElementById(focused)?.focus();
  }

  /** @param {Moment} moment @param {readonly Past[]} nudges @param {readonly Mark[]} notes @returns {HTMLLIElement} */
  #no(moment, nudges, notes) {
    const withheld = moment.withheld ? `, ${WITHHELD[moment.withheld]}` : '';
    return el('li', { class: 'entry', 'data-state': moment.state },
      el('p', { class: 'entry-quote' }, ...quoted(moment.quote)),
      el('div', { class: 'entry-end' }, marks(moment.parts, false), el('span', {}, ENDED[moment.state] + withheld)),
      ...nudges.map((entry) => this.#nudge(entry)), ...notes.map(noted));
  }

  /** @param {Past} entry @returns {HTMLElement} */
  #nudge({ nudge, why, renewals, helpful, taken }) {
    const ended = why === null ? 'on the screen' : CLEARED[why];
    const again = renewals > 0 ? `, renewed ${renewals} ×` : '';
    return el('div', { class: 'entry-nudge', 'data-kind': nudge.kind },
      el('span', { class: 'nudge-icon small', title: KIND_NAME[nudge.kind] ?? '' },
        icon(KIND_ICON[nudge.kind] ?? 'hint')),
      el('p', {}, el('strong', { dir: 'auto' }, nudge.text), el('span', { class: 'fine' }, `${ended}${again}`),
        ...taken === null ? [] : [el('span', { class: 'fine' }, 'your choice: ', ...quoted(taken))]),
      ...(this.#rate ? [true, false].map((up) => thumb(nudge.id, up, helpful, this.#rate)) : []));
  }
}

/**
 * @param {string} id @param {boolean} up @param {boolean | null} helpful
 * @param {((id: string, helpful: boolean) => void) | null} rate @returns {HTMLButtonElement}
 */
function thumb(id, up, helpful, rate) {
  const button = iconButton(up ? 'up' : 'down', up ? 'Helpful' : 'Not helpful', () => rate?.(id, up));
  button.id = `rate-${up ? 'up' : 'down'}-${id}`;
  button.setAttribute('aria-pressed', String(helpful === up));
  return button;
}

/** @param {Noted} mark @returns {HTMLElement} */
export function noted({ kind, quote, note }) {
  return el('p', { class: 'noted', 'data-mark': kind }, icon('note'),
    el('span', {}, MARK[kind] ?? 'Noted', ...quote === '' ? [] : [': ', ...quoted(quote)],
      ...note ? [el('span', { class: 'fine', dir: 'auto' }, note)] : []));
}

/** @param {HTMLElement} line @returns {HTMLLIElement} */
function quiet(line) {
  return el('li', { class: 'entry quiet' }, line);
}
