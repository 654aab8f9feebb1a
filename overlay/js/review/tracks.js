/**
 * The noes under the lanes, each where it fell: its number, its nudges and its marks in the order in which they came.
 *
 * @import {No, Review} from './document.js'
 */
import { clock } from '../clock.js';
import { el, icon } from '../dom.js';
import { ENDED, KIND_ICON, KIND_NAME, PART } from '../labels.js';
import { isGood } from './document.js';

/** Rows of noes that are still clear at a glance; more of them than that show their numbers only. */
const ROWS = 4;
const GAP = 4;

export class Tracks {
  #noes; #length; #buttons;
  element = el('div', { class: 'tracks', role: 'group', 'aria-label': 'Noes' });

  /** @param {Review} review @param {number} length seconds @param {(no: No) => void} press */
  constructor({ noes }, length, press) {
    this.#noes = noes;
    this.#length = length;
    this.#buttons = noes.map((no) => track(no, press));
    this.element.append(...this.#buttons);
  }

  /** Puts each no under its time, on the first row that is free there. @param {number} width points */
  fit(width) {
    this.element.dataset['close'] = 'false';
    if (this.#rows(width) > ROWS) {
      this.element.dataset['close'] = 'true';
      this.#rows(width);
    }
  }

  /** @param {number} width @returns {number} */
  #rows(width) {
    const sizes = this.#buttons.map((button) => button.offsetWidth);
    const height = (this.#buttons[0]?.offsetHeight ?? 0) + GAP;
    /** @type {number[]} */ const ends = [];
    for (const [place, no] of this.#noes.entries()) {
      const size = sizes[place] ?? 0;
      const left = Math.max(0, Math.min((no.at / this.#length) * width, width - size));
      const free = ends.findIndex((end) => end <= left);
      const row = free < 0 ? ends.length : free;
      ends[row] = left + size + GAP;
      const style = this.#buttons[place]?.style;
      style?.setProperty('left', `${(100 * left) / width}%`);
      style?.setProperty('top', `${row * height}px`);
    }
    this.element.style.height = `${ends.length * height}px`;
    return ends.length;
  }
}

/** @param {No} no @param {(no: No) => void} press @returns {HTMLButtonElement} */
function track(no, press) {
  const good = isGood(no);
  const button = el('button', { type: 'button', class: 'track', 'data-good': String(good),
    'aria-label': `No ${no.number}, ${clock(no.at)}: ${ENDED[no.state]}`, title: no.quote },
  el('span', { class: 'no-number' }, String(no.number)), ...signs(no), ...(good ? [icon('praise')] : []));
  button.addEventListener('click', () => {
    press(no);
    const card = document.getElementById(`no-${no.number}`);
    card?.scrollIntoView({ block: 'start' });
    card?.focus({ preventScroll: true });
  });
  return button;
}

/** @param {No} no @returns {HTMLElement[]} */
function signs({ breaths, nudges }) {
  const nudged = nudges.map(({ at, kind }) => ({ at, sign: el('span', { class: 'sign nudge-sign', 'data-kind': kind,
    title: `Nudge: ${KIND_NAME[kind]}` }, icon(KIND_ICON[kind])) }));
  const parts = breaths.flatMap(({ at, steps }) => steps.flatMap(({ part }) => (part ? [{ at,
    sign: el('span', { class: 'sign', 'data-part': part, title: PART[part].label }, icon(part)) }] : [])));
  return [...nudged, ...parts].sort((one, other) => one.at - other.at).map(({ sign }) => sign);
}
