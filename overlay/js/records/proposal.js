/**
 * The agent's way to propose an offer that worked for the playbook, in the card of the no where it was made.
 *
 * @import {No} from '../review/document.js'
 */
import { el, setText } from '../dom.js';
import { ask } from '../session.js';

/** The most words that a nudge has room for. */
const MOST = 8;

/** Whether something was offered there that ended well. @param {No} no @returns {boolean} */
export function isProposable({ state, breaths }) {
  const offered = breaths.some(({ steps }) => steps.some(({ part }) => part === 'alternative'));
  return offered && (state === 'repaired' || state === 'recovered');
}

/** @param {string} call @param {No} no @param {() => void} shut is called where nobody is let in any more @returns {HTMLElement} */
export function proposal(call, { id, number }, shut) {
  const said = el('p', { class: 'fine', role: 'status' });
  const text = el('input', { id: `offer-${number}`, class: 'field', type: 'text', maxlength: '90', autocomplete: 'off', required: '' });
  const button = el('button', { class: 'button', type: 'submit' }, 'Propose');
  const form = el('form', { class: 'offer-form' }, el('label', { for: text.id }, 'What I can do is …'), text, button);
  const room = el('details', { class: 'offer-new' }, el('summary', {}, 'This worked: propose it for the playbook'), form, said);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void send();
  });
  return room;

  async function send() {
    const words = text.value.trim();
    if (words === '') return setText(said, 'Say in a few words what you offered.');
    if (words.split(/\s+/).length > MOST) return setText(said, `At most ${MOST} words, please: more cannot be read in a call.`);
    button.disabled = true;
    const { status, body } = await ask('POST', 'api/offers', { call, moment: id, text: words });
    button.disabled = false;
    if (status === 401) return shut();
    if (status === 201) form.hidden = true;
    setText(said, status === 201 ? 'Proposed. Who supervises your team sees it now; thank you.'
      : status === 422 ? sentence(String(body['message'] ?? 'that cannot be proposed'))
        : 'That did not reach the hub. Please try again in a moment.');
  }
}

/** @param {string} line @returns {string} */
function sentence(line) {
  return `${line.charAt(0).toUpperCase()}${line.slice(1)}.`;
}
