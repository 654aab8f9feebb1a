/** Reads the text format of Prometheus, as far as this program writes it. */

/**
 * @typedef {{count: number, buckets: [number, number][]}} Histogram  `buckets`: upper bound in seconds and how many were not above it
 * @typedef {{stages: Map<string, Histogram>, counts: Map<string, {value: number, help: string}>}} Metrics
 */

const SAMPLE = /^(\w+)(?:\{([^}]*)\})? (\S+)$/;

/** @param {string} text @returns {Metrics} */
export function parse(text) {
  /** @type {Metrics} */
  const metrics = { stages: new Map(), counts: new Map() };
  /** @type {Map<string, string>} */
  const help = new Map();
  for (const line of text.split('\n')) {
    const told = /^# HELP (\w+) (.*)$/.exec(line);
    if (told?.[1] && told[2] !== undefined) help.set(told[1], told[2]);
    const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const stage = /stage="([^"]*)"/.exec(labels)?.[1];
    if (stage !== undefined) {
      const histogram = metrics.stages.get(stage) ?? { count: 0, buckets: [] };
      metrics.stages.set(stage, histogram);
      const bound = /le="([^"]*)"/.exec(labels)?.[1];
      if (bound !== undefined) histogram.buckets.push([bound === '+Inf' ? Infinity : Number(bound), Number(value)]);
      else if (name.endsWith('_count')) histogram.count = Number(value);
    } else if (name.endsWith('_total')) {
      metrics.counts.set(name.replace(/^voiceassist_|_total$/g, ''), { value: Number(value), help: help.get(name) ?? '' });
    }
  }
  return metrics;
}

/**
 * The seconds below which a share of the times lies, evenly within its bucket; Infinity above the last bound, null where there is none.
 * @param {Histogram} histogram @param {number} share @returns {number | null}
 */
export function percentile(histogram, share) {
  const wanted = share * histogram.count;
  if (!wanted) return null;
  let [below, before] = [0, 0];
  for (const [bound, count] of histogram.buckets) {
    if (count >= wanted) return bound === Infinity ? Infinity : below + ((bound - below) * (wanted - before)) / (count - before);
    [below, before] = [bound, count];
  }
  return null;
}
