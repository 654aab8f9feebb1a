/**
 * A small line chart, drawn as SVG. It is for the eye; the same figures stand in a table.
 *
 * @typedef {{name: string, value: number | null}} Point null where there is nothing to say
 */
const SVG = 'http://www.w3.org/2000/svg';
const HEIGHT = 150;
const EDGE = { left: 44, right: 12, top: 12, bottom: 24 };

/**
 * @param {readonly Point[]} points @param {number} width
 * @param {{top: number, unit: (value: number) => string, title: string}} scale `top`: the least that the axis reaches
 * @returns {SVGSVGElement}
 */
export function chart(points, width, { top, unit, title }) {
  const highest = ceiling(Math.max(top, ...points.map(({ value }) => value ?? 0)));
  const across = Math.max(1, width - EDGE.left - EDGE.right);
  const down = HEIGHT - EDGE.top - EDGE.bottom;
  const x = (/** @type {number} */ index) => EDGE.left + (points.length < 2 ? across / 2 : (across * index) / (points.length - 1));
  const y = (/** @type {number} */ value) => EDGE.top + down * (1 - value / highest);
  const picture = node('svg', { class: 'chart', viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT, role: 'img', 'aria-label': title });
  for (const share of [0, 0.5, 1]) {
    const height = y(highest * share);
    picture.append(node('line', { class: 'chart-grid', x1: EDGE.left, x2: width - EDGE.right, y1: height, y2: height }),
      node('text', { class: 'chart-label', x: EDGE.left - 8, y: height + 4, 'text-anchor': 'end' }, unit(highest * share)));
  }
  for (const index of new Set([0, points.length - 1])) {
    const anchor = index === 0 ? 'start' : 'end';
    picture.append(node('text', { class: 'chart-label', x: index === 0 ? EDGE.left : width - EDGE.right, y: HEIGHT - 6, 'text-anchor': anchor }, points[index]?.name ?? ''));
  }
  picture.append(node('path', { class: 'chart-line', d: path(points, x, y) }));
  points.forEach(({ value, name }, index) => {
    if (value === null) return;
    const dot = node('circle', { class: 'chart-dot', cx: x(index), cy: y(value), r: points.length > 40 ? 2 : 3 });
    dot.append(node('title', {}, `${name}: ${unit(value)}`));
    picture.append(dot);
  });
  return picture;
}

/**
 * A line through the points, broken where one is missing.
 * @param {readonly Point[]} points @param {(index: number) => number} x @param {(value: number) => number} y @returns {string}
 */
export function path(points, x, y) {
  let pen = 'M';
  return points.map(({ value }, index) => {
    if (value === null) {
      pen = 'M';
      return '';
    }
    const step = `${pen}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = 'L';
    return step;
  }).join('');
}

/** The next round number: one, two or five of a power of ten. @param {number} value @returns {number} */
export function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
  return (/** @type {const} */ ([1, 2, 5, 10]).find((step) => step * power >= value - 1e-12) ?? 10) * power;
}

/**
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag @param {Record<string, string | number>} attributes @param {string} [text] @returns {SVGElementTagNameMap[K]}
 */
function node(tag, attributes, text = '') {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text !== '') made.append(text);
  return made;
}
