/**
 * On a hub's page: the way to the microphone, and what stands in it.
 *
 * @import {State, Mic} from './store.js'
 */
import { byId, setText } from './dom.js';

/** @type {Partial<Record<Mic, {title: string, text: string, button: string}>>} */
const SAID = {
  off: {
    title: 'Take calls in this browser', button: 'Use this microphone',
    text: 'Your microphone is heard while this page is open, and not in a pause. You do not need this where voiceassist listen runs on your computer.',
  },
  asking: { title: 'Take calls in this browser', text: 'Please allow the microphone.', button: '' },
  refused: {
    title: 'The microphone is not allowed', button: 'Try again',
    text: 'Allow it for this page: the sign before the address leads there.',
  },
  missing: { title: 'No microphone', text: 'Plug the headset in.', button: 'Try again' },
  taken: {
    title: 'Another page hears you now', button: 'Hear me here instead',
    text: 'You are logged in on another page, and its microphone is used.',
  },
};

export class MicrophoneCard {
  #root = byId('microphone', HTMLElement);
  #title = byId('microphone-title', HTMLElement);
  #text = byId('microphone-text', HTMLElement);
  #use = byId('microphone-use', HTMLButtonElement);

  /** @param {State} state */
  render({ mic }) {
    const said = mic === null ? undefined : SAID[mic];
    this.#root.hidden = said === undefined;
    if (said === undefined) return;
    setText(this.#title, said.title);
    setText(this.#text, said.text);
    setText(this.#use, said.button);
    this.#use.hidden = said.button === '';
  }
}
