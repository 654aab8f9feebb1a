/**
 * A call that is looked into: its words as they come, its noes with their nudges, its alerts, and a line to whisper.
 *
 * @import {State as Call} from '../store.js'
 * @import {Deeds} from './alertcard.js'
 * @import {Entry} from './desk.js'
 * @import {Card} from './protocol.js'
 * @import {Opened, State} from './store.js'
 */
import { clock } from '../clock.js';
import { byId, el, icon, setText, textButton } from '../dom.js';
import { History } from '../history.js';
import { Words } from '../words.js';
import { AlertCard } from './alertcard.js';
import { about } from './alertlist.js';
import { severity, waiting } from './desk.js';
import { counted, nameOf, stateOf, whyOf } from './labels.js';
import { place } from './order.js';
import { serverNow } from './store.js';

/** Lines that help at once, to be changed before they are sent. */
const READY = ['Take your time.', 'Ask what would work for them.', 'Offer a call back today.', 'I can take over if you like.'];
/** From this width on the panel stands beside the wall; on less it lies over it. */
const BESIDE = matchMedia('(min-width: 87.5rem)');

export class CallPanel {
  #dialog = byId('call', HTMLDialogElement);
  #title = byId('call-title', HTMLElement);
  #about = byId('call-about', HTMLElement);
  #logged = byId('call-logged', HTMLElement);
  #alerts = byId('call-alerts', HTMLOListElement);
  #over = byId('call-over', HTMLElement);
  #others = byId('call-others', HTMLButtonElement);
  #overText = el('p', {});
  #next; #form = byId('whisper', HTMLFormElement);
  #text = byId('whisper-text', HTMLInputElement);
  #send = byId('whisper-send', HTMLButtonElement);
  #sent = byId('whisper-sent', HTMLOListElement);
  #history = new History(null);
  #name = '';
  #words = new Words((channel) => (channel === 'agent' ? this.#name || 'Agent' : 'Customer'), invite);
  /** @type {Map<string, AlertCard>} */ #cards = new Map();
  /** @type {Opened['whispers']} */ #whispers = [];
  #call = '';
  #deeds; #shut;

  /**
   * @param {Deeds} deeds @param {(call: string, text: string) => void} whisper @param {() => void} shut is called once
   *   the panel was closed @param {(agent: string) => void} open opens the call that an agent is in now
   * @param {() => void} leave goes back to the alerts
   */
  constructor(deeds, whisper, shut, open, leave) {
    this.#deeds = deeds;
    this.#shut = shut;
    this.#next = textButton('Open the new call', () => open(this.#next.dataset['agent'] ?? ''));
    this.#over.append(this.#overText, this.#next);
    byId('call-close', HTMLButtonElement).addEventListener('click', () => this.close());
    this.#others.addEventListener('click', leave);
    this.#dialog.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      event.stopPropagation();
      this.close();
    });
    this.#dialog.addEventListener('close', () => {
      if (!this.#dialog.open) this.#shut(); // it may only have moved
    });
    BESIDE.addEventListener('change', () => this.#move());
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = this.#text.value.trim();
      if (text === '' || this.#send.disabled) return;
      whisper(this.#call, text);
      this.#text.value = '';
    });
    byId('whisper-ready', HTMLElement).append(...READY.map((line) => textButton(line, () => {
      this.#text.value = line;
      this.#text.focus();
    })));
  }

  close() {
    if (this.#dialog.open) this.#dialog.close();
  }

  /** Puts the cursor where a whisper is written. */
  write() {
    this.#text.focus();
  }

  /** @returns {boolean} */
  get focused() {
    return this.#dialog.open && this.#dialog.contains(document.activeElement);
  }

  /** @param {State} state @param {number} now */
  render(state, now) {
    const { opened } = state;
    if (opened === null) {
      this.#call = '';
      return this.close();
    }
    const card = state.agents.get(opened.agent);
    this.#name = nameOf(card, opened.agent);
    setText(this.#title, this.#name);
    setText(this.#about, headline(opened, card, now, serverNow(state, now)));
    setText(this.#logged, `That you opened this call is written down, and ${this.#name} sees that you listen in.`);
    this.#renderAlerts(state, opened, now);
    this.#history.render(opened.state);
    this.#words.render(opened.state);
    this.#renderOver(opened, card?.call ?? null);
    this.#renderWhispers(opened, state.link.phase === 'open' && card?.call === opened.call);
    if (opened.call !== this.#call) this.#show(opened.call);
  }

  /** @param {string} call */
  #show(call) {
    this.#call = call;
    this.#text.value = '';
    if (!this.#dialog.open) this.#stand();
    this.#title.focus({ preventScroll: true });
  }

  #stand() {
    if (BESIDE.matches) this.#dialog.show();
    else this.#dialog.showModal();
  }

  /** The window became wider or narrower: the call stands beside the wall now, or over it. */
  #move() {
    if (!this.#dialog.open) return;
    this.#dialog.close();
    this.#stand();
  }

  /** @param {State} state @param {Opened} opened @param {number} now */
  #renderAlerts(state, { call }, now) {
    const all = waiting(state.desk, state.me?.user ?? '');
    const entries = all.filter(({ alert }) => alert.call === call);
    this.#renderOthers(state, all.filter(({ alert }) => alert.call !== call));
    place(this.#alerts, entries.map((entry) => {
      const card = this.#cards.get(entry.alert.id) ?? new AlertCard(this.#deeds, true);
      this.#cards.set(entry.alert.id, card);
      card.render(about(state, entry), serverNow(state, now));
      return card.element;
    }));
    for (const id of this.#cards.keys()) if (!entries.some(({ alert }) => alert.id === id)) this.#cards.delete(id);
  }

  /** What waits elsewhere: the panel may lie over the list of alerts. @param {State} state @param {readonly Entry[]} entries */
  #renderOthers({ agents }, [newest, ...more]) {
    this.#others.hidden = newest === undefined;
    if (newest === undefined) return;
    const { agent, why } = newest.alert;
    this.#others.dataset['level'] = severity(newest.alert);
    setText(this.#others, [`${nameOf(agents.get(agent), agent)}: ${whyOf(why).label.toLowerCase()}`,
      ...(more.length > 0 ? [counted(more.length, 'more alert')] : [])].join(' · '));
  }

  /** @param {Opened} opened @param {string | null} now the call that the agent is in */
  #renderOver({ agent, call, state }, now) {
    const over = state.scorecard !== null || (now !== call && state.lines.length + state.moments.length > 0);
    this.#over.hidden = !over;
    setText(this.#overText, over ? `The call is over.${card(state)}` : '');
    this.#next.dataset['agent'] = agent;
    this.#next.hidden = now === null || now === call;
  }

  /** @param {Opened} opened @param {boolean} possible */
  #renderWhispers({ whispers }, possible) {
    this.#send.disabled = !possible;
    if (whispers === this.#whispers) return;
    this.#whispers = whispers;
    this.#sent.replaceChildren(...whispers.map(({ text, shown }) => el('li', { class: 'whispered' },
      icon(shown ? 'praise' : 'awaited'), el('span', { dir: 'auto' }, text),
      el('span', { class: 'fine' }, shown ? 'passed on to their screen' : 'sent'))));
  }
}

/** @param {Opened} opened @param {Card | undefined} card @param {number} now @param {number} time by the server's clock */
function headline({ call, state }, card, now, time) {
  const sound = state.audio === 'lost' || state.audio === 'silent' ? 'not heard' : '';
  // From the beginning that the card has, so that both show the same: a snapshot knows its last event's time only.
  const passed = card?.call === call && card.call_since ? time - Date.parse(card.call_since) : now - state.startedAt;
  const since = state.call !== null ? `in this call for ${clock(passed / 1000)}` : card ? stateOf(card.state).label.toLowerCase() : '';
  return [card?.team, since, sound].filter(Boolean).join(' · ');
}

/** How the noes of a call that is over went. @param {Call} call @returns {string} */
function card({ scorecard }) {
  if (scorecard === null) return '';
  const { noes, repaired, recovered } = scorecard.counts;
  return noes === 0 ? ' There was no no in it.' : ` ${repaired + recovered} of ${noes} noes were mended.`;
}

/** @param {Call} call @returns {string} */
function invite(call) {
  return call.call === null && call.scorecard === null ? 'Opening the call…'
    : 'Words appear here as they are heard, where your organisation passes them on.';
}
