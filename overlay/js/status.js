/**
 * What the status line says: how the connection and the sound are, in one label that can never be mistaken.
 *
 * @import {State} from './store.js'
 *
 * @typedef {'calm' | 'idle' | 'warn' | 'bad'} Tone
 * @typedef {{tone: Tone, icon: string, label: string, detail: string, help: string}} Status
 *   `detail` follows the label; `help`, where not empty, says on the stage what it means and what to do.
 */

/**
 * @param {State} state @param {number} now @returns {Status}
 */
export function status(state, now) {
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
  if (state.audio === 'lost') return {
    tone: 'bad', icon: 'muted', label: 'Microphone lost', detail: state.device || 'nothing is heard',
    help: 'Check that the headset is plugged in. Listening goes on by itself when it is back.',
  };
  if (state.call === null) return {
    tone: 'idle', icon: 'idle', label: 'Between calls', detail: state.device || 'nothing is recognised', help: '',
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
    case null: return { tone: 'warn', icon: 'idle', label: 'No sound yet', detail: 'waiting for the microphone', help: '' };
    default: return { tone: 'calm', icon: 'listening', label: 'Listening', detail: state.device, help: '' };
  }
}

/** @param {number} at @param {number} now @returns {string} */
function retry(at, now) {
  const seconds = Math.ceil((at - now) / 1000);
  return seconds > 0 ? `reconnecting in ${seconds} s` : 'reconnecting…';
}

/** A span as minutes and seconds, "4:07", with hours from one hour on. @param {number} milliseconds @returns {string} */
export function clock(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const tail = String(seconds % 60).padStart(2, '0');
  return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}
