/**
 * The wall: all agents by team. A change touches only the cards that it is about, and moves none under a mouse.
 *
 * @import {Calling, Filter} from './need.js'
 * @import {State} from './store.js'
 */
import { byId, setText } from '../dom.js';
import { Calm } from './calm.js';
import { CardView } from './card.js';
import { census } from './floor.js';
import { counted } from './labels.js';
import { needsHelp, sorted } from './need.js';
import { place } from './order.js';
import { serverNow } from './store.js';
import { TeamView } from './team.js';

/** From how many agents on cards are smaller, and below how many they grow again. */
const DENSITIES = [{ name: 'dense', from: 201, until: 180 }, { name: 'compact', from: 61, until: 50 }];

export class Wall {
  #root = byId('wall', HTMLElement);
  #teams = byId('teams', HTMLElement);
  #empty = byId('wall-empty', HTMLElement);
  #census = byId('census', HTMLElement);
  #sort = byId('sort-now', HTMLButtonElement);
  /** @type {Map<string, CardView>} */ #cards = new Map();
  /** @type {Map<string, TeamView>} */ #sections = new Map();
  /** @type {Map<Element, CardView>} */ #views = new Map();
  /** @type {Set<Element>} */ #seen = new Set();
  /** @type {HTMLButtonElement | undefined} */ #tabbed;
  /** @type {State | null} */ #state = null;
  /** @type {string[]} */ #shown = [];
  #current = '';
  #density = '';
  #calm; #open; #observer;

  /** @param {(agent: string) => void} open @param {(anew: boolean) => void} again renders; `anew`: things may move */
  constructor(open, again) {
    this.#open = open;
    this.#calm = new Calm(this.#teams, () => again(false));
    this.#sort.addEventListener('click', () => again(true));
    this.#teams.addEventListener('focusin', ({ target }) => this.#meet(target));
    this.#observer = new IntersectionObserver((changes) => {
      for (const { target, isIntersecting } of changes) {
        if (isIntersecting) this.#seen.add(target);
        else this.#seen.delete(target);
      }
      if (this.#state) this.tick(this.#state, performance.now());
    }, { root: this.#root, rootMargin: '100px' });
  }

  /**
   * @param {State} state @param {Filter} filter @param {Calling} calling @param {number} now
   * @param {boolean} anew whether cards may change their places although a hand is on them
   */
  render(state, filter, calling, now, anew) {
    this.#state = state;
    const may = anew || this.#calm.rests;
    const time = serverNow(state, now);
    const teams = sorted(state.agents, filter, calling);
    this.#shown = [];
    let late = 0;
    for (const team of this.#sections.keys()) if (!teams.has(team)) teams.set(team, []);
    for (const [team, wanted] of teams) {
      const view = this.#sections.get(team) ?? this.#make(team);
      const order = view.arrange(wanted, may);
      const helpless = order.filter((agent) => this.#renderCard(agent, state, calling, time)).length;
      view.render(order.flatMap((agent) => this.#cards.get(agent)?.element ?? []), helpless);
      if (order.length === 0 && may) this.#sections.delete(team);
      if (view.open) this.#shown.push(...order);
      late += view.late;
    }
    place(this.#teams, [...teams.keys()].flatMap((team) => this.#sections.get(team)?.element ?? []));
    this.#forget(state);
    this.#renderHead(state, filter, calling, late);
    this.#rove();
  }

  /** What the clock changes, where it is seen. @param {State} state @param {number} now */
  tick(state, now) {
    const time = serverNow(state, now);
    for (const element of this.#seen) this.#views.get(element)?.tick(time);
  }

  /** The agent whose card has the focus. @returns {string} */
  get focused() {
    const focus = document.activeElement;
    return focus instanceof HTMLElement && this.#teams.contains(focus) && focus.classList.contains('card-open') ? this.#current : '';
  }

  /** Goes so many cards on, or back. @param {number} step */
  move(step) {
    const at = this.#shown.indexOf(this.#current);
    const on = this.focused === '' ? at : at + step;
    this.focus(this.#shown[Math.max(0, Math.min(this.#shown.length - 1, on))] ?? '');
  }

  /** Goes to the card above (-1) or below (1) the one that has the focus. @param {number} way */
  moveRow(way) {
    const from = this.#cards.get(this.#current)?.element.getBoundingClientRect();
    if (from === undefined || this.focused === '') return this.move(0);
    let [best, least] = ['', Infinity];
    for (const agent of this.#shown) {
      const box = this.#cards.get(agent)?.element.getBoundingClientRect();
      if (!box || (box.top - from.top) * way < from.height / 2) continue;
      const distance = Math.abs(box.top - from.top) * 10 + Math.abs(box.left - from.left);
      if (distance < least) [best, least] = [agent, distance];
    }
    if (best !== '') this.focus(best);
  }

  /** @param {string} agent @returns {boolean} whether there is a card to go to */
  focus(agent) {
    const view = this.#cards.get(agent);
    if (!view?.element.isConnected) return false;
    this.#current = agent;
    this.#rove();
    view.button.focus();
    return true;
  }

  /** @param {string} team @returns {TeamView} */
  #make(team) {
    const view = new TeamView(team);
    this.#sections.set(team, view);
    return view;
  }

  /** @param {string} agent @param {State} state @param {Calling} calling @param {number} time @returns {boolean} needs help */
  #renderCard(agent, state, calling, time) {
    const card = state.agents.get(agent);
    let view = this.#cards.get(agent);
    if (card === undefined) {
      view?.leave();
      return false;
    }
    if (view === undefined) {
      view = new CardView(this.#open);
      this.#cards.set(agent, view);
      this.#views.set(view.element, view);
      this.#observer.observe(view.element);
    }
    view.render(card, calling.get(agent), time);
    view.mark(state.opened?.agent === agent);
    return needsHelp(card, calling);
  }

  /** @param {State} state */
  #forget({ agents }) {
    for (const [agent, view] of this.#cards) {
      if (agents.has(agent) || view.element.isConnected) continue;
      this.#cards.delete(agent);
      this.#views.delete(view.element);
      this.#seen.delete(view.element);
      this.#observer.unobserve(view.element);
    }
  }

  /** @param {State} state @param {Filter} filter @param {Calling} calling @param {number} late */
  #renderHead(state, filter, calling, late) {
    const { all, on } = census(state.agents);
    this.#density = density(all, this.#density);
    if (this.#root.dataset['density'] !== this.#density) this.#root.dataset['density'] = this.#density;
    setText(this.#census, !state.whole ? '' : `${counted(all, 'agent')} · ${on} in a call`);
    this.#sort.dataset['idle'] = String(late === 0);
    this.#sort.disabled = late === 0;
    this.#empty.hidden = this.#shown.length > 0 || [...this.#sections.values()].some(({ open }) => !open);
    setText(this.#empty, nobody(state, filter, calling));
  }

  /** One card is reached with Tab, the others from there. */
  #rove() {
    if (!this.#shown.includes(this.#current)) this.#current = this.#shown[0] ?? '';
    const button = this.#cards.get(this.#current)?.button;
    if (button === this.#tabbed) return;
    if (this.#tabbed) this.#tabbed.tabIndex = -1;
    if (button) button.tabIndex = 0;
    this.#tabbed = button;
  }

  /** @param {EventTarget | null} target */
  #meet(target) {
    const card = target instanceof Element ? target.closest('.card') : null;
    this.#current = (card && this.#views.get(card)?.card?.agent) ?? this.#current;
    this.#rove();
  }
}

/** @param {number} agents @param {string} before @returns {string} */
function density(agents, before) {
  return DENSITIES.find(({ name, from, until }) => agents >= from || (before === name && agents >= until))?.name ?? 'roomy';
}

/** What is said where no card is shown. @param {State} state @param {Filter} filter @param {Calling} calling @returns {string} */
function nobody({ agents, whole, people }, { help, text, team, state }, calling) {
  if (!whole) return 'Waiting for the floor…';
  if (agents.size === 0 && people.agentless) return 'No agents yet. Invite the first one.';
  if (agents.size === 0) return 'Nobody of your teams is here yet. Agents appear once they start voiceassist.';
  if (help && calling.size === 0) return 'Nobody needs help.';
  return text || team || state ? 'Nobody fits the filter.' : '';
}
