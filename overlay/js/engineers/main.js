/** The engineers' page: asks for the figures every two seconds and writes them down. */
import { byId, el } from '../dom.js';
import { parse, percentile } from './metrics.js';

const EVERY = 2000;
const SLOW = 0.3;

/** The stages in the order in which a cue passes them. @type {[string, string][]} */
const STAGES = [
  ['capture', 'how much later than the promptest a frame came'],
  ['vad', 'whether a frame holds speech'],
  ['pause', 'the silence that ended a breath'],
  ['queue', 'words waited for a free worker'],
  ['decode', 'words were recognised'],
  ['classify', 'scores were found'],
  ['coach', 'the call decided'],
  ['send', 'a message was put into every page’s queue'],
  ['paint', 'from there until the page had painted it'],
];

const state = byId('state', HTMLElement);
const stages = byId('stages', HTMLElement);
const counts = byId('counts', HTMLElement);

/** @param {number | null} seconds */
function milliseconds(seconds) {
  if (seconds === null) return '–';
  if (seconds === Infinity) return '> 5000';
  return seconds < 0.01 ? (1000 * seconds).toFixed(1) : String(Math.round(1000 * seconds));
}

/** @param {string} text */
function show(text) {
  const metrics = parse(text);
  stages.replaceChildren(
    ...STAGES.map(([stage, meaning]) => {
      const histogram = metrics.stages.get(stage) ?? { count: 0, buckets: [] };
      const shares = [0.5, 0.95, 0.99].map((share) => percentile(histogram, share));
      const row = el('tr', {}, el('th', { scope: 'row' }, stage), el('td', {}, histogram.count.toLocaleString('en')));
      row.append(...shares.map((share) => el('td', {}, milliseconds(share))), el('td', {}, meaning));
      if (stage !== 'pause' && (shares[1] ?? 0) > SLOW) row.dataset['slow'] = '';
      return row;
    }),
  );
  counts.replaceChildren(
    ...[...metrics.counts].map(([name, { value, help }]) =>
      el('tr', {}, el('th', { scope: 'row' }, name.replaceAll('_', ' ')), el('td', {}, value.toLocaleString('en')), el('td', {}, help)),
    ),
  );
}

async function ask() {
  try {
    const answer = await fetch('/metrics', { cache: 'no-store' });
    if (answer.status === 401) {
      state.textContent = 'This page needs the overlay’s session: open the overlay in this browser first.';
    } else if (answer.ok) {
      show(await answer.text());
      state.textContent = 'As of now; asked again every two seconds.';
    } else {
      state.textContent = `The program answered with ${answer.status}.`;
    }
  } catch {
    state.textContent = 'The program does not answer; the figures are the last ones it told.';
  }
  setTimeout(() => void ask(), EVERY);
}

void ask();
