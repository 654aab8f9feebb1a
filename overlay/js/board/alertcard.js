/**
 * One alert, with what was said and what can be done about it. Made once; then only what changed is written.
 *
 * @import {SnoozeFor} from '../protocol.js'
 * @import {Entry} from './desk.js'
 * @import {Colleagues} from './people.js'
 * @import {Alert, Card} from './protocol.js'
 *
 * @typedef {{ack: (alert: Alert) => void, snooze: (alert: Alert, span: SnoozeFor) => void,
 *   assign: (alert: Alert, to: string) => void, whisper: (alert: Alert, text: string) => void,
 *   open: (alert: Alert) => void}} Deeds
 * @typedef {{entry: Entry, card: Card | undefined, me: {user: string, name: string}, connected: boolean,
 *   colleagues: Colleagues}} About
 */
import { el, icon, iconButton, quoted, setText, textButton } from '../dom.js';
import { severity, waits } from './desk.js';
import { meant } from './people.js';
import { SEVERITY_NAME, ago, handledBy, missing, nameOf, whyOf } from './labels.js';

/** @type {[string, SnoozeFor][]} */
const SPANS = [['1 min', 60], ['5 min', 300], ['15 min', 900], ['This call', 'call']];

export class AlertCard {
  #why = el('strong', { class: 'alert-why' });
  #who = el('p', { class: 'alert-who' });
  #time = el('time', { class: 'alert-time' });
  #quote = el('p', { class: 'alert-quote' });
  #asked = el('p', { class: 'fine' });
  #missing = el('p', { class: 'fine' });
  #done = el('p', { class: 'alert-done' });
  #sign = el('span', { class: 'alert-sign' });
  #deeds = el('div', { class: 'alert-deeds', role: 'group', 'aria-label': 'What to do' });
  /** @type {About | null} */ #about = null;
  /** @type {'' | 'snooze' | 'assign' | 'whisper'} */ #asks = '';
  #said = '';
  #do;

  /** @param {Deeds} deeds @param {boolean} [within] inside an opened call, which needs no button to open it */
  constructor(deeds, within = false) {
    this.#do = deeds;
    this.within = within;
    this.element = el('li', { class: 'alert', tabindex: '-1' },
      el('div', { class: 'alert-head' }, this.#sign, el('div', { class: 'alert-title' }, this.#why, this.#who), this.#time),
      this.#quote, this.#asked, this.#missing, this.#done, this.#deeds);
    this.element.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || this.#asks === '') return;
      event.stopPropagation();
      this.ask('');
    });
  }

  /** @returns {Alert | null} */
  get alert() {
    return this.#about?.entry.alert ?? null;
  }

  /** @param {About} about @param {number} serverNow */
  render(about, serverNow) {
    const { entry: { alert }, card, me } = about;
    const { user } = me;
    this.#about = about;
    const { label, icon: image } = whyOf(alert.why);
    const level = severity(alert);
    const waiting = waits(alert, user);
    const said = JSON.stringify([alert, about.entry.asked > 0, card?.name, card?.call, about.connected, [...about.colleagues], me]);
    setText(this.#time, ago(serverNow - about.entry.raisedAt));
    if (said === this.#said) return;
    this.#said = said;
    this.element.dataset['level'] = level;
    this.element.dataset['waits'] = String(waiting);
    this.element.dataset['asked'] = String(about.entry.asked > 0);
    this.#sign.replaceChildren(icon(image));
    this.#sign.title = SEVERITY_NAME[level];
    setText(this.#why, label);
    setText(this.#who, [nameOf(card, alert.agent), alert.team].filter(Boolean).join(' · '));
    this.#quote.replaceChildren(...(alert.quote ? quoted(alert.quote) : []));
    this.#asked.replaceChildren(...(alert.asked ? [new Text('They asked: '), ...quoted(alert.asked)] : []));
    setText(this.#missing, alert.missing.length > 0 ? `Not heard: ${missing(alert.missing)}` : '');
    const over = card !== undefined && card.call !== alert.call ? 'The call is over.' : '';
    setText(this.#done, [handledBy(alert, me, about.colleagues), over].filter(Boolean).join(' · '));
    if (!waiting && this.#asks !== '') this.#asks = '';
    this.#renderDeeds();
  }

  /** Shows what belongs to a deed: how long, to whom, which words. @param {'' | 'snooze' | 'assign' | 'whisper'} deed */
  ask(deed) {
    this.#asks = deed;
    this.#renderDeeds();
    const first = this.#deeds.querySelector(deed === '' ? 'button' : 'input, button');
    if (first instanceof HTMLElement) first.focus({ preventScroll: true });
  }

  #renderDeeds() {
    if (this.#about === null) return;
    if (this.#asks === '' || this.#shape() !== this.#deeds.dataset['shape']) this.#build();
    for (const one of this.#deeds.querySelectorAll('button, input')) {
      if ((one instanceof HTMLButtonElement || one instanceof HTMLInputElement) && one.dataset['always'] === undefined) {
        one.disabled = !this.#about.connected || this.#about.entry.asked > 0;
      }
    }
  }

  /** What the row of buttons depends on. @returns {string} */
  #shape() {
    const { entry: { alert }, me: { user }, card } = /** @type {About} */ (this.#about);
    return [this.#asks, waits(alert, user), alert.state, card?.call === alert.call].join();
  }

  #build() {
    const about = /** @type {About} */ (this.#about);
    const shape = this.#shape();
    if (this.#deeds.dataset['shape'] === shape) return;
    const held = this.#deeds.contains(document.activeElement);
    this.#deeds.dataset['shape'] = shape;
    this.#deeds.replaceChildren(...this.#row(about));
    if (held && !this.#deeds.contains(document.activeElement)) this.element.focus({ preventScroll: true });
  }

  /** @param {About} about @returns {HTMLElement[]} */
  #row({ entry: { alert }, me: { user }, card, colleagues }) {
    switch (this.#asks) {
      case 'snooze': return [...SPANS.map(([name, span]) => textButton(name, () => this.#finish(() => this.#do.snooze(alert, span)))), this.#back()];
      case 'assign': return [this.#form('Name of a supervisor', 'Assign', 200, (to) => this.#do.assign(alert, meant(colleagues, to) ?? to), colleagues),
        ...(user ? [textButton('To me', () => this.#finish(() => this.#do.assign(alert, user)))] : []), this.#back()];
      case 'whisper': return [this.#form(`A line for ${nameOf(card, alert.agent)}`, 'Whisper', 500, (text) => this.#do.whisper(alert, text)), this.#back()];
      default: return this.#usual(alert, user, card);
    }
  }

  /** @param {Alert} alert @param {string} user @param {Card | undefined} card @returns {HTMLElement[]} */
  #usual(alert, user, card) {
    const here = card !== undefined && card.call !== null && card.call === alert.call;
    const open = this.within || !here ? [] : [always(textButton('Open call', () => this.#do.open(alert)))];
    if (!waits(alert, user)) return open;
    const acknowledge = textButton('Acknowledge', () => this.#do.ack(alert));
    acknowledge.classList.add('primary');
    acknowledge.title = 'Acknowledge (a)';
    return [acknowledge, ...open,
      iconButton('snooze', 'Snooze this alert', () => this.ask('snooze'), 's'),
      iconButton('assign', 'Assign this alert', () => this.ask('assign')),
      ...(here && !this.within ? [iconButton('whisper', 'Whisper to the agent', () => this.ask('whisper'), 'w')] : [])];
  }

  /**
   * @param {string} name @param {string} does @param {number} most characters @param {(text: string) => void} take
   * @param {Colleagues} [offers] @returns {HTMLFormElement}
   */
  #form(name, does, most, take, offers = new Map()) {
    const input = el('input', { type: 'text', class: 'field', 'aria-label': name, placeholder: name, maxlength: String(most), autocomplete: 'off' });
    const form = el('form', { class: 'alert-form' }, input, el('button', { type: 'submit', class: 'text-button' }, does));
    if (offers.size > 0) {
      const list = el('datalist', { id: `offers-${this.alert?.id ?? ''}` }, ...[...offers].map(([value, text]) => el('option', { value }, text)));
      const unknown = () => input.setCustomValidity(meant(offers, input.value) === null ? 'Nobody of that name supervises here.' : '');
      input.addEventListener('input', unknown);
      unknown();
      input.setAttribute('list', list.id);
      form.append(list);
    }
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = input.value.trim();
      if (text !== '') this.#finish(() => take(text));
    });
    return form;
  }

  /** @param {() => void} deed */
  #finish(deed) {
    this.#asks = '';
    this.#build();
    deed();
  }

  /** @returns {HTMLButtonElement} */
  #back() {
    return always(iconButton('close', 'Back', () => this.ask('')));
  }
}

/** A button that also works without a connection. @param {HTMLButtonElement} button @returns {HTMLButtonElement} */
function always(button) {
  button.dataset['always'] = '';
  return button;
}
