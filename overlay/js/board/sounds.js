/**
 * Three sounds, made of sines and nothing else: one note, two that rise, and two that rise twice. Soft at both ends, and
 * never so loud that somebody jumps.
 *
 * @import {Severity} from './desk.js'
 * @typedef {{at: number, pitch: number, lasts: number}} Note seconds, hertz
 */

/** @type {Record<Severity, readonly Note[]>} */
export const NOTES = {
  low: [{ at: 0, pitch: 523.25, lasts: 0.5 }],
  middle: [{ at: 0, pitch: 523.25, lasts: 0.35 }, { at: 0.16, pitch: 659.25, lasts: 0.55 }],
  high: [
    { at: 0, pitch: 587.33, lasts: 0.28 }, { at: 0.13, pitch: 880, lasts: 0.4 },
    { at: 0.46, pitch: 587.33, lasts: 0.28 }, { at: 0.59, pitch: 880, lasts: 0.6 },
  ],
};
const LOUD = 0.16;
const RISE = 0.015;

/** Puts the notes into `audio`, from its `start` (seconds) on. @param {BaseAudioContext} audio @param {Severity} severity @param {number} start */
export function compose(audio, severity, start) {
  for (const { at, pitch, lasts } of NOTES[severity]) {
    for (const [overtone, share] of /** @type {const} */ ([[1, 1], [2, 0.18]])) {
      const tone = new OscillatorNode(audio, { frequency: pitch * overtone });
      const volume = new GainNode(audio, { gain: 0 });
      const from = start + at;
      volume.gain.setValueAtTime(0, from);
      volume.gain.linearRampToValueAtTime(LOUD * share, from + RISE);
      volume.gain.exponentialRampToValueAtTime(0.0004, from + lasts);
      tone.connect(volume).connect(audio.destination);
      tone.start(from);
      tone.stop(from + lasts);
    }
  }
}

/** Browsers make no sound before somebody has pressed something on the page. */
export class Sounds {
  /** @type {AudioContext | null} */ #audio = null;
  #then;

  /** @param {() => void} then is called once sounds are let out */
  constructor(then) {
    this.#then = then;
    const wake = () => void this.wake();
    // Not on `pointerdown`: the line that asks for a press would go under the finger, and the click miss its button.
    for (const kind of ['click', 'keydown']) document.addEventListener(kind, wake, { passive: true });
  }

  /** Whether a sound would be heard now. @returns {boolean} */
  get ready() {
    return this.#audio?.state === 'running';
  }

  async wake() {
    if (this.ready) return;
    this.#audio ??= new AudioContext();
    await this.#audio.resume().catch(() => undefined); // no device: then it stays silent, and says so
    if (this.ready) this.#then();
  }

  /** @param {Severity} severity @returns {boolean} whether it could be played */
  play(severity) {
    if (this.#audio === null || !this.ready) return false;
    compose(this.#audio, severity, this.#audio.currentTime + 0.02);
    return true;
  }
}
