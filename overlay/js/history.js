/**
 * What happened in this call: each no with its marks and how it ended, and the nudges it got.
 *
 * @import {Command, Moment} from './protocol.js'
 * @import {LocalEvent, Past, State} from './store.js'
 */
import { byId, el, icon, iconButton } from './dom.js';
import { CLEARED, ENDED, KIND_ICON, KIND_NAME, WITHHELD } from './labels.js';
import { marks } from './marks.js';

export class History {
  #list = byId('history', HTMLOListElement);
  #empty = byId('history-empty', HTMLElement);
  /** @type {Pick<State, 'moments' | 'past'>} */ #shown = { moments: [], past: [] };
  #dispatch; #send;

  /** @param {(event: LocalEvent) => void} dispatch @param {(command: Command) => void} send */
  constructor(dispatch, send) {
    this.#dispatch = dispatch;
    this.#send = send;
  }

  /** @param {State} state */
  render({ moments, past }) {
    this.#empty.hidden = moments.length + past.length > 0;
    if (moments === this.#shown.moments && past === this.#shown.past) return;
    this.#shown = { moments, past };
    const focused = document.activeElement?.id;
    const known = new Set(moments.map((moment) => moment.id));
    const lone = past.filter(({ nudge }) => nudge.moment === null || !known.has(nudge.moment));
    this.#list.replaceChildren(
      ...moments.toReversed().map((moment) => this.#no(moment, past.filter(({ nudge }) => nudge.moment === moment.id))),
      ...lone.toReversed().map((entry) => el('li', { class: 'entry' }, this.#nudge(entry))),
    );
    if (focused) document.getElementById(focused)?.focus();
  }

  /** @param {Moment} moment @param {readonly Past[]} nudges @returns {HTMLLIElement} */
  #no(moment, nudges) {
    const withheld = moment.withheld ? `, ${WITHHELD[moment.withheld]}` : '';
    return el('li', { class: 'entry', 'data-state': moment.state },
      el('p', { class: 'entry-quote' }, `“${moment.quote}”`),
      el('div', { class: 'entry-end' }, marks(moment.parts, false), el('span', {}, ENDED[moment.state] + withheld)),
      ...nudges.map((entry) => this.#nudge(entry)));
  }

  /** @param {Past} entry @returns {HTMLElement} */
  #nudge({ nudge, why, renewals, helpful }) {
    const ended = why === null ? 'on the screen' : CLEARED[why];
    const again = renewals > 0 ? `, renewed ${renewals} ×` : '';
    return el('div', { class: 'entry-nudge', 'data-kind': nudge.kind },
      el('span', { class: 'nudge-icon small', title: KIND_NAME[nudge.kind] ?? '' }, icon(KIND_ICON[nudge.kind] ?? 'hint')),
      el('p', {}, el('strong', {}, nudge.text), el('span', { class: 'fine' }, `${ended}${again}`)),
      this.#thumb(nudge.id, true, helpful), this.#thumb(nudge.id, false, helpful));
  }

  /** @param {string} id @param {boolean} up @param {boolean | null} helpful @returns {HTMLButtonElement} */
  #thumb(id, up, helpful) {
    const button = iconButton(up ? 'up' : 'down', up ? 'Helpful' : 'Not helpful', () => {
      this.#send({ type: 'feedback', id, helpful: up });
      this.#dispatch({ type: 'rated', id, helpful: up });
    });
    button.id = `rate-${up ? 'up' : 'down'}-${id}`;
    button.setAttribute('aria-pressed', String(helpful === up));
    return button;
  }
}
