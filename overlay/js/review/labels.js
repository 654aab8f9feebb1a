/**
 * The words that only the review uses; those of marks and nudges are the overlay's own.
 *
 * @import {Source, Step, Unheard} from './document.js'
 */

/** @type {Record<Step, string>} */
export const STEP = {
  empathy: 'Empathy',
  listening: 'Listening',
  acknowledging: 'Acknowledging',
  solving: 'Solving',
};

/** @type {Record<Source, string>} */
export const SOURCE = {
  own: 'Your own words, later in this no: lead with them.',
  turned: 'The same fact, turned round.',
  offer: 'An offer from the playbook.',
  starter: 'A way to begin; the end is yours.',
};

/** @type {Record<Unheard['why'], string>} */
export const UNHEARD = {
  paused: 'paused, nothing was heard',
  lost: 'the sound was lost',
  silent: 'no sound came',
};
