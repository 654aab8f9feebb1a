/** The dialog that makes a link by which a new agent joins a team. */
import { byId, el, setText } from '../dom.js';
import { ask } from '../session.js';
import { toClipboard } from './copying.js';
import { timeOfDay } from './labels.js';

export class Invite {
  #dialog = byId('invite', HTMLDialogElement);
  #form = byId('invite-form', HTMLFormElement);
  #team = byId('invite-team', HTMLSelectElement);
  #link = byId('invite-link', HTMLInputElement);
  #made = byId('invite-made', HTMLElement);
  #said = byId('invite-said', HTMLElement);

  constructor() {
    byId('invite-open', HTMLButtonElement).addEventListener('click', () => this.#open());
    byId('invite-close', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
    byId('invite-copy', HTMLButtonElement).addEventListener('click', () => void this.#copy());
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#make();
    });
    this.#dialog.addEventListener('close', () => this.#forget()); // the link is as good as a key
  }

  /** @param {readonly string[]} teams */
  render(teams) {
    if (JSON.stringify(teams) === JSON.stringify([...this.#team.options].map(({ value }) => value))) return;
    this.#team.replaceChildren(...teams.map((team) => el('option', { value: team }, team)));
  }

  #open() {
    this.#forget();
    this.#dialog.showModal();
  }

  #forget() {
    this.#made.hidden = true;
    this.#link.value = '';
    setText(this.#said, '');
  }

  async #make() {
    setText(this.#said, 'Making a link…');
    const { status, body } = await ask('POST', 'api/invites', { role: 'agent', team: this.#team.value });
    const link = body['link'];
    if (status < 200 || status > 299 || typeof link !== 'string') {
      setText(this.#said, status === 403 ? 'You may not invite agents to this team.' : 'No link could be made. Try again in a moment.');
      return;
    }
    this.#link.value = new URL(link, location.href).href;
    this.#made.hidden = false;
    setText(this.#said, `${expiry(body['expires_at'])} Whoever has the link can use it: send it to nobody else.`);
    this.#link.focus();
    this.#mark();
  }

  /** Marks the link from its end on, so that where it leads to is in sight. */
  #mark() {
    this.#link.setSelectionRange(0, this.#link.value.length, 'backward');
    this.#link.scrollLeft = 0;
  }

  async #copy() {
    this.#mark();
    const copied = await toClipboard(this.#link.value);
    setText(this.#said, copied ? 'Copied.' : 'Press Ctrl+C to copy the marked link.');
  }
}

/** @param {unknown} expires an instant, where the server said it @returns {string} */
function expiry(expires) {
  const at = typeof expires === 'string' ? Date.parse(expires) : NaN;
  if (Number.isNaN(at)) return 'It works once, and only for a limited time.';
  return `It works once, until ${new Date(at).toLocaleDateString([], { weekday: 'long', day: 'numeric', month: 'long' })}, ${timeOfDay(at)}.`;
}
