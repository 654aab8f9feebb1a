/** How long nudges may stay away: with the nudge that stands, and on the help page, where none does. */
import { textButton } from './dom.js';

/** @import {SnoozeFor} from './protocol.js' */

/** @param {(span: SnoozeFor) => void} choose @returns {HTMLButtonElement[]} */
export function snoozeButtons(choose) {
  const ten = textButton('10 s', () => choose(10));
  ten.setAttribute('aria-label', 'Snooze nudges for 10 seconds');
  return [ten, textButton('This call', () => choose('call')), textButton('Today', () => choose('today'))];
}
