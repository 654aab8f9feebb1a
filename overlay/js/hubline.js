/**
 * What stands at the panel's foot about the hub: who reads along, and what waits where the line is down.
 *
 * @import {State} from './store.js'
 */
import { byId, setText } from './dom.js';

export class HubLine {
  #line = byId('hub', HTMLElement);

  /** @param {State} state */
  render(state) {
    const said = [watched(state.watchers), line(state.hub)].filter(Boolean).join(' ');
    setText(this.#line, said);
    this.#line.hidden = said === '';
  }
}

/** @param {readonly string[]} watchers @returns {string} */
export function watched(watchers) {
  if (watchers.length === 0) return '';
  const names = watchers.length < 3 ? watchers.join(' and ') : `${watchers[0]} and ${watchers.length - 1} others`;
  return `${names} ${watchers.length === 1 ? 'reads' : 'read'} along with this call.`;
}

/** @param {State['hub']} hub @returns {string} */
export function line(hub) {
  switch (hub?.state) {
    case 'waiting': return `The hub cannot be reached${waits(hub.waiting)}. Your nudges go on.`;
    case 'refused': return `The hub does not let this computer in: ${hub.reason}`;
    case 'connected': return refused(hub.refused ?? 0);
    default: return '';
  }
}

/** @param {number} count @returns {string} */
function refused(count) {
  if (count === 0) return '';
  return `The hub did not take ${count === 1 ? 'one event' : `${count} events`} of your calls.`;
}

/** @param {number} count @returns {string} */
function waits(count) {
  if (count === 0) return '';
  return count === 1 ? '; one event waits here' : `; ${count} events wait here`;
}
