/**
 * The keys of the board. What a key does is done to the alert or the agent that has the focus, never to one by chance.
 *
 * @import {AlertCard} from './alertcard.js'
 * @import {AlertList} from './alertlist.js'
 * @import {CallPanel} from './callpanel.js'
 * @import {Filters} from './filters.js'
 * @import {Settings} from './settings.js'
 * @import {View} from './view.js'
 * @import {Wall} from './wall.js'
 */
import { byId, label } from '../dom.js';
import { Keys } from '../help.js';

const NOTHING = 'Choose an agent or an alert first: j and k go from card to card, n to the newest alert.';

/** @param {{wall: Wall, alerts: AlertList, call: CallPanel, filters: Filters, settings: Settings, view: View}} parts */
export function boardKeys({ wall, alerts, call, filters, settings, view }) {
  const go = (/** @type {number} */ step) => (alerts.focused ? alerts.move(step) : wall.move(step));
  const row = (/** @type {number} */ way) => (alerts.focused ? alerts.move(way) : wall.moveRow(way));
  const keys = new Keys([
    { names: ['/'], does: 'Search the wall', press: (_, event) => (event.preventDefault(), filters.focus()) },
    { names: ['j', 'k'], does: 'The next, the last card or alert', press: (name) => go(name.toLowerCase() === 'j' ? 1 : -1) },
    { names: ['n'], does: 'To the newest alert', press: () => alerts.move(0) },
    { names: ['Enter'], does: 'Open the call', press: () => alerts.focused?.alert && ownFocus() && view.openAlert(alerts.focused.alert) },
    { names: ['a'], does: 'Acknowledge the alert', press: () => press('.primary') },
    { names: ['s'], does: 'Snooze the alert', press: () => ask('snooze') },
    { names: ['w'], does: 'Whisper to the agent', press: () => whisper() },
    { names: ['m'], does: 'Mute alerts, and unmute', press: () => settings.toggle() },
    { names: ['Escape'], does: 'Close the call', press: () => call.close() },
    { names: ['?'], does: 'This page', press: () => keys.open() },
  ]);
  const help = byId('help-open', HTMLButtonElement);
  label(help, 'help', 'Keys and marks', '?');
  help.addEventListener('click', () => keys.open());
  byId('teams', HTMLElement).addEventListener('keydown', (event) => arrows(event, go, row));
  byId('alerts', HTMLElement).addEventListener('keydown', (event) => arrows(event, go, row));

  /** The alert that is meant: the one with the focus, of the card with the focus, or of the opened call. @returns {AlertCard | null} */
  function meant() {
    const agent = wall.focused || (call.focused ? view.openedAgent : '');
    const alert = alerts.focused ?? alerts.card(view.alertOf(agent || view.openedAgent)?.id ?? '');
    if (alert === null) view.say(NOTHING);
    return alert;
  }

  /** @param {string} button */
  function press(button) {
    const found = meant()?.element.querySelector(button);
    if (found instanceof HTMLButtonElement && !found.disabled) found.click();
  }

  /** @param {'snooze' | 'whisper'} deed */
  function ask(deed) {
    const alert = meant();
    if (alert && alert.element.dataset['waits'] === 'true') setTimeout(() => alert.ask(deed)); // the key must not be typed there
  }

  function whisper() {
    if (call.focused || (view.openedAgent !== '' && wall.focused === view.openedAgent)) return void setTimeout(() => call.write());
    if (wall.focused !== '') return void setTimeout(() => view.whisperTo(wall.focused));
    if (alerts.focused) ask('whisper');
    else if (view.openedAgent !== '') setTimeout(() => call.write());
    else view.say(NOTHING);
  }

  /** Enter on a button presses that button. */
  function ownFocus() {
    return document.activeElement === alerts.focused?.element;
  }
}

/** @param {KeyboardEvent} event @param {(step: number) => void} go @param {(way: number) => void} row */
function arrows(event, go, row) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement) return;
  switch (event.key) {
    case 'ArrowRight': go(1); break;
    case 'ArrowLeft': go(-1); break;
    case 'ArrowDown': row(1); break;
    case 'ArrowUp': row(-1); break;
    default: return;
  }
  event.preventDefault();
}
