/** The dialog that shows how a team's noes went over the last days, of the whole team and of no single agent. */
import { byId, el, setText } from '../dom.js';
import { ask } from '../session.js';
import { chart } from './chart.js';

/**
 * @typedef {{day: string, calls: number, noes: number, unrepaired: number, repair_seconds_p50: number | null}} Day
 */

/** Of fewer noes a share says nothing. */
export const ENOUGH = 20;

export class Trend {
  #dialog = byId('trend', HTMLDialogElement);
  #team = byId('trend-team', HTMLSelectElement);
  #days = byId('trend-days', HTMLSelectElement);
  #said = byId('trend-said', HTMLElement);
  #charts = byId('trend-charts', HTMLElement);
  #asked = 0;

  constructor() {
    byId('trend-open', HTMLButtonElement).addEventListener('click', () => {
      this.#dialog.showModal();
      void this.#ask();
    });
    byId('trend-close', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
    for (const choice of [this.#team, this.#days]) choice.addEventListener('change', () => void this.#ask());
  }

  /** @param {readonly string[]} teams */
  render(teams) {
    if (JSON.stringify(teams) === JSON.stringify([...this.#team.options].map(({ value }) => value))) return;
    const chosen = this.#team.value;
    this.#team.replaceChildren(...teams.map((team) => el('option', { value: team }, team)));
    if (teams.includes(chosen)) this.#team.value = chosen;
    if (this.#dialog.open && this.#team.value !== chosen) void this.#ask();
  }

  async #ask() {
    const asked = ++this.#asked;
    if (this.#team.value === '') return setText(this.#said, 'There is no team yet.');
    const query = new URLSearchParams({ team: this.#team.value, days: this.#days.value });
    const { status, body } = await ask('GET', `api/floor/trend?${query}`);
    if (asked !== this.#asked) return; // another one was chosen meanwhile
    if (status !== 200) {
      this.#charts.replaceChildren();
      return setText(this.#said, status === 403 ? 'That is not your team.' : 'The figures cannot be had now. Try again in a moment.');
    }
    this.#show(days(body['points']), Number(body['n']) || 0);
  }

  /** @param {readonly Day[]} found @param {number} n */
  #show(found, n) {
    if (n < ENOUGH) {
      this.#charts.replaceChildren();
      return setText(this.#said, `Too few noes to say anything: ${n} of the ${ENOUGH} that it takes.`);
    }
    setText(this.#said, `${n} noes. The team as a whole: figures of single agents are not shown.`);
    const width = this.#charts.clientWidth || 560;
    const rates = found.map((day) => ({ name: short(day.day), value: rate(day) }));
    const times = found.map((day) => ({ name: short(day.day), value: day.repair_seconds_p50 }));
    this.#charts.replaceChildren(
      figure('Noes left bare', 'Share of the noes that nothing mended', chart(rates, width,
        { top: 0.1, unit: percent, title: summary('Noes left bare', rates, percent) })),
      figure('Time to mend', 'Half of the mended noes took no longer', chart(times, width,
        { top: 5, unit: inSeconds, title: summary('Time to mend', times, inSeconds) })),
      table(found));
  }
}

/** What the server told, without what is no day. @param {unknown} points @returns {Day[]} */
export function days(points) {
  if (!Array.isArray(points)) return [];
  return points.map((point) => ({
    day: String(point?.day ?? ''), calls: Number(point?.calls) || 0, noes: Number(point?.noes) || 0,
    unrepaired: Number(point?.unrepaired) || 0,
    repair_seconds_p50: typeof point?.repair_seconds_p50 === 'number' ? point.repair_seconds_p50 : null,
  })).filter(({ day }) => day !== '');
}

/** @param {Day} day @returns {number | null} */
export function rate({ noes, unrepaired }) {
  return noes > 0 ? unrepaired / noes : null;
}

/** @param {string} name @param {string} means @param {SVGSVGElement} picture @returns {HTMLElement} */
function figure(name, means, picture) {
  return el('figure', { class: 'trend-figure' },
    el('figcaption', {}, el('strong', {}, name), el('span', { class: 'fine' }, means)), picture);
}

/** @param {readonly Day[]} found @returns {HTMLElement} */
function table(found) {
  const head = ['Day', 'Calls', 'Noes', 'Left bare', 'Time to mend'];
  return el('details', { class: 'trend-table' }, el('summary', {}, 'As a table'),
    el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Figures by day' },
      el('table', {},
        el('thead', {}, el('tr', {}, ...head.map((name) => el('th', { scope: 'col' }, name)))),
        el('tbody', {}, ...found.map((day) => {
          const share = rate(day);
          return el('tr', {}, el('th', { scope: 'row' }, day.day), ...[String(day.calls), String(day.noes),
            share === null ? '–' : percent(share),
            day.repair_seconds_p50 === null ? '–' : inSeconds(day.repair_seconds_p50)].map((text) => el('td', {}, text)));
        })))));
}

/** @param {string} name @param {readonly {value: number | null}[]} points @param {(value: number) => string} unit @returns {string} */
function summary(name, points, unit) {
  const known = points.flatMap(({ value }) => value ?? []);
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) return `${name}: nothing to show`;
  return `${name}: from ${unit(first)} to ${unit(last)} over ${points.length} days; the same figures stand in the table`;
}

/** @param {number} share @returns {string} */
function percent(share) {
  return `${Math.round(share * 100)} %`;
}

/** @param {number} value @returns {string} */
function inSeconds(value) {
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} s`;
}

/** @param {string} day as 2026-03-09 @returns {string} */
function short(day) {
  const at = new Date(`${day}T12:00:00`);
  return Number.isNaN(at.getTime()) ? day : at.toLocaleDateString([], { day: 'numeric', month: 'short' });
}
