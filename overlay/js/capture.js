/**
 * The microphone of this browser: its sound in blocks of 20 ms, for as long as it is open.
 *
 * @typedef {{sound: ArrayBuffer, peak: number}} Block `sound`: int16 of one channel; `peak`: in [0, 1]
 */

const RATE = 16_000;

export class Capture {
  /** @type {MediaStream | null} */ #stream = null;
  /** @type {AudioContext | null} */ #context = null;
  /** Counts what was opened and closed: what was asked for before is not wanted any more. */
  #turn = 0;
  #hear; #lose;

  /** @param {(block: Block) => void} hear @param {() => void} lose is called where the device goes by itself */
  constructor(hear, lose) {
    this.#hear = hear;
    this.#lose = lose;
  }

  /**
   * Opens the microphone, and asks the agent for it where that is needed; null where it was closed meanwhile. Throws
   * what the browser throws.
   * @returns {Promise<{rate: number, device: string} | null>}
   */
  async open() {
    this.close();
    const turn = this.#turn;
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 },
    });
    if (turn !== this.#turn) return stop(stream);
    this.#stream = stream;
    try {
      return await this.#pack(stream, turn, RATE);
    } catch (error) {
      // Some browsers take a microphone in at its own rate only.
      if (turn === this.#turn && error instanceof DOMException && error.name === 'NotSupportedError') return this.#pack(stream, turn);
      throw error;
    }
  }

  /** Hears nothing from here on: the device is given back. */
  close() {
    this.#turn += 1;
    if (this.#stream) stop(this.#stream);
    void this.#context?.close();
    this.#stream = this.#context = null;
  }

  /** @param {MediaStream} stream @param {number} turn @param {number} [sampleRate] */
  async #pack(stream, turn, sampleRate) {
    const context = new AudioContext(sampleRate === undefined ? {} : { sampleRate });
    try {
      const source = context.createMediaStreamSource(stream);
      await context.audioWorklet.addModule('js/packer.js');
      const packer = new AudioWorkletNode(context, 'packer', { numberOfOutputs: 0, channelCount: 1, channelCountMode: 'explicit' });
      if (turn !== this.#turn) return void context.close(), null;
      this.#context = context;
      packer.port.addEventListener('message', ({ data }) => turn === this.#turn && this.#hear(data));
      packer.port.start();
      source.connect(packer);
      await context.resume();
    } catch (error) {
      void context.close();
      throw error;
    }
    const track = stream.getAudioTracks()[0];
    track?.addEventListener('ended', () => turn === this.#turn && (this.close(), this.#lose()));
    return { rate: context.sampleRate, device: track?.label ?? '' };
  }
}

/** @param {MediaStream} stream @returns {null} */
function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
  return null;
}
