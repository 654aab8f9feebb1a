/**
 * What the status line says: how the connection and the sound are, in one label that can never be mistaken.
 *
 * @import {State} from './store.js'
 *
 * @typedef {'calm' | 'idle' | 'warn' | 'bad'} Tone
 * @typedef {{tone: Tone, icon: string, label: string, detail: string, help: string}} Status
 *   `detail` follows the label; `help`, where not empty, says on the stage what it means and what to do.
 */
import { clock } from './clock.js';

/** How long nothing may come in a call before that is said, where the server promised no pulse; in milliseconds. */
export const STALE_AFTER = 60_000;
/** So many pulses may fail to come. */
const MISSED = 3;

/** What stands before the label in the title, where colour and shape cannot be seen. @type {Record<Tone, string>} */
const SIGN = { calm: '', idle: '', warn: '▲ ', bad: '✕ ' };

/**
 * @param {State} state @param {number} now @returns {Status}
 */
export function status(state, now) {
  if (state.mic === 'taken') return {
    tone: 'bad', icon: 'muted', label: 'Not heard', detail: 'on another page', help: '',
  };
  if (state.link.phase === 'connecting') return {
    tone: 'warn', icon: 'offline', label: 'Not connected', detail: 'connecting…', help: '',
  };
  if (state.link.phase === 'waiting') return {
    tone: 'bad', icon: 'offline', label: 'Not connected', detail: retry(state.link.retryAt, now),
    help: 'voiceassist does not answer. No nudge can reach you until it is back.',
  };
  if (state.paused) return {
    tone: 'warn', icon: 'paused', label: 'Paused', detail: 'nothing is heard',
    help: 'Nothing is heard or written down until you resume.',
  };
  if (state.mic !== null && state.mic !== 'on') return {
    tone: state.mic === 'off' || state.mic === 'asking' ? 'idle' : 'bad', icon: 'muted', label: 'Not heard',
    detail: 'no microphone', help: '',
  };
  if (state.line?.state === 'waiting') return {
    tone: 'warn', icon: 'awaited', label: 'Not heard yet', detail: 'waiting for a recogniser', help: state.line.reason,
  };
  if (state.audio === 'lost') return {
    tone: 'bad', icon: 'unplugged', label: 'Microphone lost', detail: state.device || 'nothing is heard',
    help: 'Check that the headset is plugged in. Listening goes on by itself when it is back.',
  };
  if (state.call === null) return {
    tone: 'idle', icon: 'idle', label: 'Between calls', detail: state.device || 'nothing is recognised', help: '',
  };
  if (state.audio !== 'silent' && now - state.heardAt > patience(state)) return {
    tone: 'warn', icon: 'stale', label: 'No news', detail: `nothing came for ${clock((now - state.heardAt) / 1000)}`,
    help: 'The connection stands, but nothing comes. If somebody is speaking, words are being missed.',
  };
  switch (state.audio) {
    case 'silent': return {
      tone: 'warn', icon: 'muted', label: 'Silent', detail: 'muted?',
      help: 'No sound at all comes from the microphone. Is the headset muted?',
    };
    case 'lagging': return {
      tone: 'warn', icon: 'lagging', label: 'Lagging', detail: 'words come late',
      help: '',
    };
    case null: return {
      tone: 'warn', icon: 'awaited', label: 'No sound yet', detail: 'waiting for the microphone', help: '',
    };
    default: return { tone: 'calm', icon: 'listening', label: 'Listening', ...sides(state), help: '' };
  }
}

/** Who is heard: the customer's side may be gone while the agent is heard. @param {State} state */
function sides({ device, customerAudio }) {
  if (customerAudio === 'lost') return { tone: /** @type {const} */ ('warn'), detail: 'only you: the customer is not heard' };
  return { detail: customerAudio === 'silent' ? 'no sound from the customer' : device };
}

/** What the tab is called, so that it tells the same where only it is seen. @param {State} state @param {number} now */
export function title(state, now) {
  const { tone, label } = status(state, now);
  if (state.link.phase === 'no_session' || state.link.phase === 'stranger') return 'voiceassist';
  return `${state.place === 'closed' ? 'Window closed · ' : ''}${SIGN[tone]}${label} · voiceassist`;
}

/** @param {State} state @returns {number} milliseconds */
function patience({ pulse }) {
  return pulse > 0 ? pulse * MISSED * 1000 : STALE_AFTER;
}

/** @param {number} at @param {number} now @returns {string} */
function retry(at, now) {
  const seconds = Math.ceil((at - now) / 1000);
  return seconds > 0 ? `reconnecting in ${seconds} s` : 'reconnecting…';
}
