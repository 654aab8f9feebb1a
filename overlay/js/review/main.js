/** Lays out the review that was put into the page, and ties its parts together. */
import { byId, el } from '../dom.js';
import { read } from './document.js';
import { noes } from './noes.js';
import { overview } from './overview.js';
import { Selection } from './selection.js';
import { timeline } from './timeline.js';
import { words } from './words.js';

const root = byId('review', HTMLElement);
const review = read();
if (review === null) {
  root.append(el('h1', {}, 'Call review'),
    el('p', { class: 'fine' }, 'There is no call in this page: voiceassist report last --html FILE writes one.'));
} else {
  const selection = new Selection();
  const strip = timeline(review, selection);
  root.append(...overview(review), strip.element,
    el('div', { class: 'columns' }, noes(review, selection), words(review, selection)));
  strip.fit();
  addEventListener('resize', () => strip.fit());
}
