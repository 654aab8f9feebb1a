/**
 * What is said once and closed, and what stands as long as it holds: limited accuracy, a snooze, where the panel is.
 *
 * @import {LocalEvent, Notice, Place, State} from './store.js'
 */
import { byId, el, iconButton, setText, textButton } from './dom.js';
import { snoozed } from './labels.js';

/** What is said of the panel's place, where it is not the agent's choice. @type {Partial<Record<Place, string>>} */
const PLACE = {
  closed: 'The floating window is closed. The panel is here again.',
  refused: 'This browser opens no window for this page: allow it pop-ups, then float again.',
};

export class Notices {
  #list = byId('notices', HTMLElement);
  #limited = byId('limited', HTMLElement);
  #snoozed = byId('snoozed', HTMLElement);
  #snoozedText = byId('snoozed-text', HTMLElement);
  #place = byId('place', HTMLElement);
  #placeText = byId('place-text', HTMLElement);
  #dispatch;
  /** @type {readonly Notice[]} */ #shown = [];

  /**
   * @param {(event: LocalEvent) => void} dispatch @param {() => void} wake ends a snooze
   * @param {() => void} float puts the panel into a window of its own
   */
  constructor(dispatch, wake, float) {
    this.#dispatch = dispatch;
    const button = textButton('Wake', wake);
    button.title = 'End the snooze (w)';
    button.setAttribute('aria-keyshortcuts', 'w');
    this.#snoozed.append(button);
    this.#place.append(textButton('Float again', float),
      iconButton('close', 'Close this notice', () => dispatch({ type: 'place', place: 'page' })));
  }

  /** @param {State} state */
  render(state) {
    setText(this.#limited, state.limited);
    this.#limited.hidden = state.limited === '';
    setText(this.#snoozedText, state.snoozed ? snoozed(state.snoozed.for) : '');
    this.#snoozed.hidden = state.snoozed === null;
    const place = PLACE[state.place] ?? '';
    setText(this.#placeText, place);
    this.#place.hidden = place === '';
    if (state.notices === this.#shown) return;
    this.#shown = state.notices;
    this.#list.replaceChildren(...state.notices.map(({ id, tone, text }) =>
      el('div', { class: 'notice', 'data-tone': tone },
        el('p', {}, ...(tone === 'whisper' ? [el('strong', {}, 'From your supervisor')] : []),
          el('span', { dir: 'auto' }, text)),
        iconButton('close', 'Close this notice', () => this.#dispatch({ type: 'close_notice', id })))));
  }
}
