/**
 * Sounds, desktop notifications and mute: what a supervisor wishes, remembered, and done when an alert comes.
 *
 * @import {Severity} from './desk.js'
 * @import {Wishes} from './alarm.js'
 * @import {Alert} from './protocol.js'
 */
import { recall, remember } from '../remembered.js';
import { FOREVER, isMuted, isQuiet, loudness, parse } from './alarm.js';
import { severity } from './desk.js';
import { whyOf } from './labels.js';
import { Sounds } from './sounds.js';

const NAME = 'board.alarms';
/** Sounds nearer to each other are one, in milliseconds; only a graver one may come between. */
const APART = 2_500;
/** @type {Record<Severity, number>} */
const GRAVITY = { low: 1, middle: 2, high: 3 };

export class Alarms {
  #sounds = new Sounds(() => this.#then());
  #wishes = parse(recall(NAME));
  #last = { at: -Infinity, gravity: 0 };
  #open; #then;

  /** @param {(alert: Alert) => void} open is called when a notification is pressed @param {() => void} then after a change */
  constructor(open, then) {
    this.#open = open;
    this.#then = then;
  }

  /** @returns {Wishes} */
  get wishes() {
    return this.#wishes;
  }

  /** @param {Partial<Wishes>} change */
  wish(change) {
    this.#wishes = { ...this.#wishes, ...change };
    remember(NAME, JSON.stringify(this.#wishes));
    this.#then();
  }

  /** Mutes for so many minutes, `Infinity` until it is unmuted, 0 not at all. @param {number} minutes */
  mute(minutes) {
    this.wish({ mutedUntil: minutes === Infinity ? FOREVER : minutes === 0 ? 0 : Date.now() + minutes * 60_000 });
  }

  /** Why nothing is heard now, as one says it; empty where alerts are heard. @returns {string} */
  get silence() {
    const now = new Date();
    const { mutedUntil, to } = this.#wishes;
    if (isMuted(this.#wishes, now.getTime())) {
      const left = Math.ceil((mutedUntil - now.getTime()) / 60_000);
      return mutedUntil === FOREVER ? 'Muted' : `Muted for ${left} min`;
    }
    return isQuiet(this.#wishes, now) ? `Quiet until ${to}` : '';
  }

  /** Whether sounds are wished and the browser does not let them out yet. @returns {boolean} */
  get blocked() {
    return !this.#sounds.ready && Object.values(this.#wishes.ways).some((way) => way === 'sound' || way === 'both');
  }

  /** @param {Alert} alert @param {string} name of the agent */
  ring(alert, name) {
    const grave = severity(alert);
    const { sound, notification } = loudness(this.#wishes, grave, new Date());
    const now = performance.now();
    if (sound && (now - this.#last.at >= APART || GRAVITY[grave] > this.#last.gravity)) {
      this.#last = { at: now, gravity: GRAVITY[grave] };
      this.#sounds.play(grave);
    }
    if (notification) this.#notify(alert, name);
  }

  /** Plays it as it would sound, also while it is muted. @param {Severity} grave @returns {Promise<boolean>} whether it could */
  async test(grave) {
    await this.#sounds.wake();
    return this.#sounds.play(grave);
  }

  /** Asks for the browser's leave; only on a press. @returns {Promise<NotificationPermission | 'missing'>} */
  async permit() {
    return 'Notification' in window ? Notification.requestPermission() : 'missing';
  }

  /** Says who and why, but nothing that was said: a notification stands on lock screens too. @param {Alert} alert @param {string} name */
  #notify(alert, name) {
    if (!('Notification' in window) || Notification.permission !== 'granted') return;
    const shown = new Notification(`${name}: ${whyOf(alert.why).label.toLowerCase()}`, {
      body: alert.team, tag: alert.id, requireInteraction: severity(alert) === 'high', silent: true,
    });
    shown.addEventListener('click', () => {
      window.focus();
      shown.close();
      this.#open(alert);
    });
  }
}
