/** Times as people read them. */

/** Day and time where the reader is. @param {string} instant @returns {string} */
export function when(instant) {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short' }).format(new Date(instant));
}

/** The smallest round number of seconds that is not under `least`. @param {number} least @returns {number} */
export function roundStep(least) {
  return [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800].find((step) => step >= least) ?? 3600;
}
