/**
 * On a hub's page: sends what the microphone hears, from the agent's word on. In a pause the microphone is closed.
 *
 * @import {Command, FromServer} from './protocol.js'
 * @import {LocalEvent} from './store.js'
 * @import {Connection} from './connection.js'
 */
import { Capture } from './capture.js';
import { byId } from './dom.js';

/** Whether this page is a hub's, where a microphone is heard by way of the page. */
export const AT_HUB = location.pathname.endsWith('/overlay');

export class Sender {
  #level = byId('level', HTMLMeterElement);
  #capture = new Capture((block) => this.#send(block), () => this.#lose());
  /** What is captured, as the hub is told. @type {{rate: number, device: string} | null} */ #sound = null;
  #wanted = false;
  #paused = false;
  #told = false;
  #open = false;
  /** It gave way to another page. */
  #left = false;
  #connection; #dispatch;

  /** @param {Connection<FromServer, Command>} connection @param {(event: LocalEvent) => void} dispatch */
  constructor(connection, dispatch) {
    this.#connection = connection;
    this.#dispatch = dispatch;
    byId('microphone-use', HTMLButtonElement).addEventListener('click', () => void this.#begin());
    navigator.mediaDevices?.addEventListener('devicechange', () => this.#wanted && !this.#sound && !this.#paused && void this.#begin());
    dispatch({ type: 'mic', phase: 'off' });
  }

  /** What came in. @param {FromServer | LocalEvent} event */
  hear(event) {
    if (event.type === 'line' && event.state === 'taken') this.#leave();
    if (event.type !== 'link') return;
    this.#open = event.phase === 'open';
    if (!this.#open) this.#told = false;
    this.#introduce();
  }

  /** What was pressed. @param {Command} command */
  press(command) {
    if (command.type === 'pause' || command.type === 'resume') this.#pause(command.type === 'pause');
  }

  async #begin() {
    if (this.#left) void this.#connection.start();
    this.#left = false;
    this.#wanted = true;
    this.#dispatch({ type: 'mic', phase: 'asking' });
    try {
      const sound = await this.#capture.open();
      if (sound === null) return;
      this.#told &&= this.#sound?.rate === sound.rate && this.#sound.device === sound.device;
      this.#sound = sound;
      this.#level.hidden = false;
      this.#dispatch({ type: 'mic', phase: 'on' });
      this.#introduce();
    } catch (error) {
      const refused = error instanceof DOMException && error.name === 'NotAllowedError';
      this.#dispatch({ type: 'mic', phase: refused ? 'refused' : 'missing' });
    }
  }

  /** Says once a connection what is about to be sent. */
  #introduce() {
    if (!this.#open || this.#told || this.#sound === null) return;
    this.#told = true;
    const { rate, device } = this.#sound;
    this.#connection.send({ type: 'audio_start', rate, channels: ['agent'], device: device.slice(0, 200), paused: this.#paused });
  }

  /** @param {import('./capture.js').Block} block */
  #send({ sound, peak }) {
    this.#level.value = peak > 0 ? Math.max(0, 1 + Math.log10(peak) / 2.5) : 0; // 50 dB
    if (this.#told && !this.#paused) this.#connection.sendSound(sound);
  }

  /** @param {boolean} paused */
  #pause(paused) {
    this.#paused = paused;
    this.#level.value = 0;
    if (paused) {
      this.#capture.close();
      this.#dispatch({ type: 'mic', phase: 'paused' });
    } else void this.#begin();
  }

  /** The device went. */
  #lose() {
    this.#sound = null;
    this.#level.value = 0;
    this.#dispatch({ type: 'mic', phase: 'missing' });
  }

  /** Another page of this agent is heard now. */
  #leave() {
    this.#capture.close();
    this.#wanted = this.#told = this.#open = false;
    this.#left = true;
    this.#sound = null;
    this.#level.hidden = true;
    this.#dispatch({ type: 'mic', phase: 'taken' });
    this.#connection.stop();
  }
}
