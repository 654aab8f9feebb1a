/**
 * The call on one axis of time: a lane for each side, what came of each no below, and the place that is looked at.
 *
 * @import {Review, Utterance} from './document.js'
 * @import {Selection} from './selection.js'
 */
import { clock } from '../clock.js';
import { el, textButton } from '../dom.js';
import { isGood, spokenBy } from './document.js';
import { legend } from './legend.js';
import { roundStep } from './time.js';
import { Tracks } from './tracks.js';

const LANES = /** @type {const} */ (['customer', 'agent']);
const SVG = 'http://www.w3.org/2000/svg';
/** Points from one label of the axis to the next, and the widest that the strip may become. */
const LABEL = 72;
const WIDEST = 60_000;

/** @param {Review} review @param {Selection} selection @returns {{element: HTMLElement, fit: () => void}} */
export function timeline(review, selection) {
  const strip = new Strip(review, selection);
  return { element: strip.element, fit: () => strip.fit() };
}

class Strip {
  #review; #selection; #tracks;
  #length;
  #zoom = 1;
  #axis = el('div', { class: 'axis', 'aria-hidden': 'true' });
  #cursor = el('div', { class: 'cursor', hidden: '' });
  #lanes = el('div', { class: 'lanes', role: 'slider', tabindex: '0', 'aria-label': 'Place in the call', 'aria-valuemin': '0' });
  #strip = el('div', { class: 'strip' });
  #view = el('div', { class: 'strip-view' }, this.#strip);

  /** @param {Review} review @param {Selection} selection */
  constructor(review, selection) {
    this.#review = review;
    this.#selection = selection;
    this.#length = Math.max(1, review.call.seconds, ...review.utterances.slice(-2).map((said) => said.end));
    this.#tracks = new Tracks(review, this.#length, (no) => this.#show(spokenBy(review.utterances, 'agent', no.at)));
    this.#lanes.append(...LANES.flatMap((channel) => this.#lane(channel)), this.#lives(), this.#cursor);
    this.#lanes.setAttribute('aria-valuemax', String(Math.ceil(this.#length)));
    this.#lanes.addEventListener('click', (event) => this.#press(event));
    this.#lanes.addEventListener('keydown', (event) => this.#key(event));
    this.#strip.append(this.#axis, this.#lanes, this.#tracks.element);
    this.#place(-1);
    selection.follow((index, origin) => this.#place(index, origin !== 'timeline'));
    this.element = el('section', { class: 'card timeline', 'aria-labelledby': 'timeline-title' },
      el('div', { class: 'timeline-head' }, el('h2', { id: 'timeline-title' }, 'The call'),
        el('div', { class: 'zoom', role: 'group', 'aria-label': 'Zoom' },
          textButton('Whole call', () => this.#magnify(0)),
          textButton('Wider', () => this.#magnify(0.5)),
          textButton('Closer', () => this.#magnify(2)))),
      this.#view, legend(review));
  }

  /** Lays out what depends on the width: labels of the axis, and the noes that would stand on each other. */
  fit() {
    const width = this.#view.clientWidth * this.#zoom;
    this.#strip.style.width = `${width}px`;
    const step = roundStep((this.#length * LABEL) / Math.max(1, width));
    const count = Math.floor(this.#length / step) + 1;
    this.#axis.replaceChildren(...Array.from({ length: count }, (_, place) => {
      const label = el('span', {}, clock(place * step));
      label.style.left = this.#at(place * step);
      return label;
    }));
    this.#tracks.fit(width);
  }

  /** @param {number} seconds @returns {string} */
  #at(seconds) {
    return `${(100 * Math.min(seconds, this.#length)) / this.#length}%`;
  }

  /** One side's speech as one path, so that hours of it stay light. @param {'customer' | 'agent'} channel @returns {Element[]} */
  #lane(channel) {
    const { utterances, noes, nudges, unheard, customer_heard: heard } = this.#review;
    const label = el('span', { class: 'lane-name' },
      channel === 'agent' ? 'You' : heard ? 'Customer' : 'Customer: not heard');
    const lane = svg('svg', { class: 'lane', 'data-channel': channel, viewBox: `0 0 ${this.#length} 1`,
      preserveAspectRatio: 'none', 'aria-hidden': 'true' });
    /** @param {string} name @param {readonly {start: number, end: number}[]} spans */
    const draw = (name, spans) => spans.length && lane.append(svg('path', { class: name, d: spans.map(block).join('') }));
    draw('deaf', unheard.filter((span) => span.channel === null || span.channel === channel));
    draw('grace', noes.flatMap(({ grace }) => (grace ? [grace] : [])));
    draw('speech', utterances.filter((said) => said.channel === channel));
    draw('no-line', noes.map(({ at }) => ({ start: at, end: at })));
    draw('nudge-line', [...nudges, ...noes.flatMap((no) => no.nudges)].map(({ at }) => ({ start: at, end: at })));
    return [label, lane];
  }

  /** How long each no lived: to its repair, to its recovery after the nudge, or until it was left. @returns {SVGElement} */
  #lives() {
    const lives = svg('svg', { class: 'lives', viewBox: `0 0 ${this.#length} 1`, preserveAspectRatio: 'none',
      'aria-hidden': 'true' });
    for (const good of [false, true]) {
      const spans = this.#review.noes.filter((no) => isGood(no) === good)
        .map(({ at, settled }) => ({ start: at, end: settled ?? this.#length }));
      lives.append(svg('path', { class: good ? 'good' : 'left', d: spans.map(block).join('') }));
    }
    return lives;
  }

  /** @param {MouseEvent} event */
  #press(event) {
    const box = this.#lanes.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * this.#length;
    const lane = event.target instanceof Element ? event.target.closest('[data-channel]') : null;
    this.#show(nearest(this.#review.utterances, at, lane?.getAttribute('data-channel') ?? null));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { utterances, noes } = this.#review;
    const here = this.#selection.index;
    const homes = noes.map((no) => spokenBy(utterances, 'agent', no.at));
    /** @type {Record<string, () => number | undefined>} */
    const moves = {
      ArrowRight: () => here + 1,
      ArrowLeft: () => Math.max(0, here - 1),
      PageDown: () => homes.find((home) => home > here),
      PageUp: () => homes.findLast((home) => home < here),
      Home: () => 0,
      End: () => utterances.length - 1,
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    this.#show(Math.min(move() ?? here, utterances.length - 1));
  }

  /** @param {number} index */
  #show(index) {
    this.#selection.select(index, 'timeline');
  }

  /** @param {number} index @param {boolean} [scroll] */
  #place(index, scroll = false) {
    const said = this.#review.utterances[index];
    this.#lanes.setAttribute('aria-valuenow', String(Math.floor(said?.start ?? 0)));
    this.#lanes.setAttribute('aria-valuetext', said ? spoken(said) : 'the beginning');
    this.#cursor.hidden = !said;
    if (!said) return;
    this.#cursor.style.left = this.#at(said.start);
    this.#cursor.style.width = this.#at(Math.max(0, said.end - said.start));
    const [left, shown] = [(said.start / this.#length) * this.#strip.clientWidth, this.#view];
    const hidden = left < shown.scrollLeft || left > shown.scrollLeft + shown.clientWidth - 40;
    if (scroll || hidden) shown.scrollLeft = left - shown.clientWidth / 2;
  }

  /** @param {number} by 0: all of the call */
  #magnify(by) {
    const widest = Math.max(1, WIDEST / Math.max(1, this.#view.clientWidth));
    this.#zoom = by === 0 ? 1 : Math.min(widest, Math.max(1, this.#zoom * by));
    this.fit();
    this.#place(this.#selection.index, true);
  }
}

/** @param {string} tag @param {Record<string, string>} attributes @returns {SVGElement} */
function svg(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** @param {{start: number, end: number}} span @returns {string} */
function block({ start, end }) {
  return `M${start} 0H${end}V1H${start}Z`;
}

/** The utterance at a time, of the side that was pressed where it spoke near there. @param {readonly Utterance[]} utterances @param {number} at @param {string | null} channel @returns {number} */
function nearest(utterances, at, channel) {
  let [found, least] = [-1, Infinity];
  for (const [index, said] of utterances.entries()) {
    const away = Math.max(said.start - at, at - said.end, 0) * 2 + (channel === said.channel ? 0 : 1);
    if (away < least) [found, least] = [index, away];
  }
  return found;
}

/** @param {Utterance} said @returns {string} */
function spoken({ channel, start, text }) {
  return `${clock(start)}, ${channel === 'agent' ? 'you' : 'customer'}: ${text}`;
}
