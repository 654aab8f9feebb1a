/** The dialog in which a supervisor chooses how alerts make themselves known, and mutes them. */
import { byId, el, label, setText, textButton } from '../dom.js';
import { SEVERITIES, WAYS } from './alarm.js';
import { SEVERITY } from './desk.js';
import { SEVERITY_NAME, WHY } from './labels.js';
import { menu } from './menu.js';

/** @import {Way} from './alarm.js' */
/** @import {Alarms} from './alarms.js' */
/** @import {AlertWhy} from './protocol.js' */

/** @type {Record<Way, string>} */
const WAY_NAME = { off: 'Off', sound: 'Sound', notification: 'Notification', both: 'Sound and notification' };

export class Settings {
  #dialog = byId('settings', HTMLDialogElement);
  #said = byId('settings-said', HTMLElement);
  #mute = byId('mute', HTMLButtonElement);
  #muteMenu = byId('mute-menu', HTMLElement);
  #unmute = textButton('Unmute', () => this.#hush(0));
  #silence = byId('silence', HTMLElement);
  #alarms;

  /** @param {Alarms} alarms */
  constructor(alarms) {
    this.#alarms = alarms;
    byId('settings-open', HTMLButtonElement).addEventListener('click', () => this.#dialog.showModal());
    byId('settings-ways', HTMLElement).append(...SEVERITIES.map((severity) => this.#way(severity)));
    this.#muteMenu.append(this.#unmute, textButton('For 15 minutes', () => this.#hush(15)),
      textButton('Until I unmute', () => this.#hush(Infinity)));
    menu(this.#mute, this.#muteMenu);
    this.#renderQuiet();
    this.render();
  }

  /** Muted for as long as it is not unmuted, or unmuted. */
  toggle() {
    this.#alarms.mute(this.#alarms.silence.startsWith('Muted') ? 0 : Infinity);
  }

  /** Whether alerts are heard, beside the button that mutes them. */
  render() {
    const silence = this.#alarms.silence;
    label(this.#mute, silence === '' ? 'bell' : 'bell-off', silence === '' ? 'Mute alerts' : silence, 'm');
    this.#unmute.hidden = !silence.startsWith('Muted');
    setText(this.#silence, silence || (this.#alarms.blocked ? 'Sound begins once you press something here' : ''));
  }

  /** @param {number} minutes */
  #hush(minutes) {
    this.#alarms.mute(minutes);
    this.#muteMenu.hidePopover();
    this.#mute.focus();
  }

  /** @param {(typeof SEVERITIES)[number]} severity @returns {HTMLElement} */
  #way(severity) {
    const why = /** @type {AlertWhy[]} */ (Object.keys(SEVERITY)).filter((one) => SEVERITY[one] === severity);
    const id = `way-${severity}`;
    const choice = el('select', { id, class: 'field' }, ...WAYS.map((way) => el('option', { value: way }, WAY_NAME[way])));
    choice.value = this.#alarms.wishes.ways[severity];
    choice.addEventListener('change', () => {
      const way = WAYS.find((one) => one === choice.value) ?? 'off';
      this.#alarms.wish({ ways: { ...this.#alarms.wishes.ways, [severity]: way } });
      if (way === 'notification' || way === 'both') void this.#permit();
    });
    const test = textButton('Test', () => void this.#test(severity));
    test.setAttribute('aria-label', `Test ${SEVERITY_NAME[severity]}`);
    return el('div', { class: 'way', 'data-level': severity },
      el('label', { for: id }, el('strong', {}, SEVERITY_NAME[severity]), el('span', { class: 'fine' }, why.map((one) => WHY[one].label).join(', '))),
      choice, test);
  }

  /** @param {(typeof SEVERITIES)[number]} severity */
  async #test(severity) {
    const played = await this.#alarms.test(severity);
    setText(this.#said, played ? 'Played. Nothing heard? Look at the volume of this computer.' : 'This browser plays no sound now.');
    const way = this.#alarms.wishes.ways[severity];
    if (way === 'notification' || way === 'both') await this.#permit();
  }

  async #permit() {
    const answer = await this.#alarms.permit();
    if (answer !== 'granted') setText(this.#said, 'This browser shows no notifications of this page. Its settings for this site allow them.');
  }

  #renderQuiet() {
    const { quiet, from, to } = this.#alarms.wishes;
    const [on, begin, end] = [byId('quiet', HTMLInputElement), byId('quiet-from', HTMLInputElement), byId('quiet-to', HTMLInputElement)];
    on.checked = quiet;
    [begin.value, end.value] = [from, to];
    const wish = () => {
      this.#alarms.wish({ quiet: on.checked, ...(begin.value ? { from: begin.value } : {}), ...(end.value ? { to: end.value } : {}) });
      begin.disabled = end.disabled = !on.checked;
    };
    begin.disabled = end.disabled = !quiet;
    for (const input of [on, begin, end]) input.addEventListener('change', wish);
  }
}
