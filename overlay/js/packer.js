/** Runs beside the page, where sound is made: packs what the microphone hears into blocks of 20 ms of int16. */

const scope = /** @type {any} */ (globalThis);

const SIZE = Math.round(scope.sampleRate / 50);

class Packer extends scope.AudioWorkletProcessor {
  #block = new Int16Array(SIZE);
  #filled = 0;
  #peak = 0;

  /** @param {Float32Array[][]} inputs @returns {boolean} */
  process(inputs) {
    for (const sample of inputs[0]?.[0] ?? []) {
      const held = Math.max(-1, Math.min(1, sample));
      this.#peak = Math.max(this.#peak, Math.abs(held));
      this.#block[this.#filled++] = Math.round(held * 32767);
      if (this.#filled === SIZE) this.#send();
    }
    return true;
  }

  #send() {
    const sound = this.#block.buffer;
    this.port.postMessage({ sound, peak: this.#peak }, [sound]);
    this.#block = new Int16Array(SIZE); // the other one is the page's now
    this.#filled = this.#peak = 0;
  }
}

scope.registerProcessor('packer', Packer);
