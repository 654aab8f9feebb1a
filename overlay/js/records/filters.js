/**
 * The controls above the list: words, what a call has in it, whose it was, and from when to when.
 *
 * @import {Me} from './calls.js'
 * @import {Wanted} from './wanted.js'
 */
import { byId, el } from '../dom.js';
import { people } from './calls.js';
import { ALL, HAVING, isAll } from './wanted.js';

export class Filters {
  #form = byId('filters', HTMLFormElement);
  #text = byId('filter-text', HTMLInputElement);
  #having = byId('filter-with', HTMLSelectElement);
  #agent = byId('filter-agent', HTMLInputElement);
  #agents = byId('agents', HTMLDataListElement);
  #team = byId('filter-team', HTMLSelectElement);
  #since = byId('filter-since', HTMLInputElement);
  #until = byId('filter-until', HTMLInputElement);
  #reset = byId('filter-reset', HTMLButtonElement);

  /** @param {() => void} then is called after a change; words count once Search or Enter is pressed */
  constructor(then) {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      then();
    });
    for (const choice of [this.#having, this.#agent, this.#team, this.#since, this.#until]) {
      choice.addEventListener('change', then);
    }
    this.#reset.addEventListener('click', () => {
      this.clear();
      this.#text.focus();
      then();
    });
  }

  /** @returns {Wanted} */
  get wanted() {
    return {
      text: this.#text.value.trim(), having: this.#having.value, agent: this.#agent.value.trim(),
      team: this.#team.value, since: this.#since.value, until: this.#until.value,
    };
  }

  clear() {
    this.#show(ALL);
    this.mark();
  }

  /** Whether there is something to take back. */
  mark() {
    this.#reset.hidden = isAll(this.wanted);
  }

  /** Offers what this one may ask for: whoever has own calls only is asked for no name. @param {Me} me */
  async offer({ role }) {
    const own = role === 'agent';
    for (const id of ['filter-agent-label', 'filter-team-label']) byId(id, HTMLElement).hidden = own;
    this.#having.replaceChildren(...Object.entries(HAVING).filter(([value]) => !own || value !== 'alert')
      .map(([value, name]) => el('option', { value }, name)));
    this.#agents.replaceChildren();
    this.clear();
    if (own) return;
    const { agents, teams } = await people();
    this.#agents.replaceChildren(...[...new Set(agents)].map((name) => el('option', { value: name })));
    this.#team.replaceChildren(el('option', { value: '' }, 'All teams'), ...teams.map((team) => el('option', { value: team }, team)));
    byId('filter-team-label', HTMLElement).hidden = teams.length < 2;
  }

  /** @param {Wanted} wanted */
  #show({ text, having, agent, team, since, until }) {
    this.#text.value = text;
    this.#having.value = having;
    this.#agent.value = agent;
    this.#team.value = team;
    this.#since.value = since;
    this.#until.value = until;
  }
}
