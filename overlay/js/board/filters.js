/**
 * The controls above the wall: a search, a team, a state, and only who needs help.
 *
 * @import {Filter} from './need.js'
 * @import {AgentState} from './protocol.js'
 */
import { byId, el } from '../dom.js';
import { STATE } from './labels.js';
import { EVERYBODY } from './need.js';

export class Filters {
  #text = byId('filter-text', HTMLInputElement);
  #team = byId('filter-team', HTMLSelectElement);
  #state = byId('filter-state', HTMLSelectElement);
  #help = byId('filter-help', HTMLButtonElement);
  #reset = byId('filter-reset', HTMLButtonElement);
  /** @type {Filter} */ #chosen = EVERYBODY;
  #then;

  /** @param {() => void} then is called after a change */
  constructor(then) {
    this.#then = then;
    this.#state.append(...Object.entries(STATE).map(([value, { label }]) => el('option', { value }, label)));
    this.#text.addEventListener('input', () => this.#choose({ text: this.#text.value }));
    this.#text.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || this.#text.value === '') return;
      event.preventDefault();
      this.#text.value = '';
      this.#choose({ text: '' });
    });
    this.#team.addEventListener('change', () => this.#choose({ team: this.#team.value }));
    this.#state.addEventListener('change', () => this.#choose({ state: /** @type {AgentState | ''} */ (this.#state.value) }));
    this.#help.addEventListener('click', () => this.#choose({ help: !this.#chosen.help }));
    this.#reset.addEventListener('click', () => this.clear());
  }

  /** @returns {Filter} */
  get chosen() {
    return this.#chosen;
  }

  /** Goes to the search. */
  focus() {
    this.#text.focus();
    this.#text.select();
  }

  /** Everybody is shown again. */
  clear() {
    this.#text.value = this.#team.value = this.#state.value = '';
    this.#choose(EVERYBODY);
  }

  /** @param {readonly string[]} teams */
  render(teams) {
    const known = [...this.#team.options].slice(1).map(({ value }) => value);
    if (JSON.stringify(known) === JSON.stringify(teams)) return;
    const chosen = this.#team.value;
    this.#team.replaceChildren(el('option', { value: '' }, 'All teams'), ...teams.map((team) => el('option', { value: team }, team)));
    this.#team.value = teams.includes(chosen) ? chosen : '';
    if (this.#team.value !== chosen) this.#choose({ team: '' });
  }

  /** @param {Partial<Filter>} change */
  #choose(change) {
    this.#chosen = { ...this.#chosen, ...change };
    const { text, team, state, help } = this.#chosen;
    this.#help.setAttribute('aria-pressed', String(help));
    this.#reset.hidden = text === '' && team === '' && state === '' && !help;
    this.#then();
  }
}
