/** Calls that are kept: a list, or the call that the address names behind its #; at the door who is not let in. */
import { Door } from '../board/door.js';
import { menu } from '../board/menu.js';
import { byId, el, setText } from '../dom.js';
import { ask, redeem } from '../session.js';
import { Timer } from '../timer.js';
import { whoami } from './calls.js';
import { Erase } from './erase.js';
import { List } from './list.js';
import { Opened } from './opened.js';

/** @import {Me} from './calls.js' */

/** How long a notice stands, in milliseconds. */
const NOTICE = 6000;
/** How soon a hub that did not answer is asked again, in milliseconds. */
const AGAIN = 3000;

const inside = byId('inside', HTMLElement);
const notices = byId('notices', HTMLElement);
const timer = new Timer(() => window);
const notice = new Timer(() => window);
/** @type {Me | null} */ let me = null;
let open = '';

const door = new Door(() => void enter());
const list = new List(shut);
const erase = new Erase((call) => {
  list.drop(call);
  location.hash = '';
  say('The call is deleted.');
}, shut);
const opened = new Opened(shut, (call) => erase.ask(call));

/** Shows what the address names. */
function route() {
  const named = new URLSearchParams(location.hash.slice(1));
  if (named.has('t')) return location.reload(); // another link was opened in this tab
  if (me === null) return;
  const call = named.get('call') ?? '';
  const before = open;
  open = call;
  document.title = `${call === '' ? 'Calls' : 'A call'} · voiceassist`;
  if (call === '') {
    opened.hide();
    list.show(before);
  } else {
    list.hide();
    void opened.show(call, me);
  }
}

async function enter() {
  const { status, me: found } = await whoami();
  if (status === 401) return shut();
  if (found === null) {
    say('The hub does not answer. This page goes on by itself once it does.');
    return timer.set(AGAIN, () => void enter());
  }
  me = found;
  door.hide();
  notices.replaceChildren();
  inside.hidden = false;
  setText(byId('whose', HTMLElement), me.name);
  byId('to-floor', HTMLElement).hidden = me.role === 'agent';
  byId('to-overlay', HTMLElement).hidden = me.role !== 'agent';
  list.begin(me);
  open = '';
  route();
}

/** Nobody is let in (any more): what was shown is taken away. */
function shut() {
  me = null;
  erase.close();
  opened.hide();
  inside.hidden = true;
  door.show('login');
}

/** @param {string} text */
function say(text) {
  notices.replaceChildren(el('p', { class: 'notice' }, text));
  notice.set(NOTICE, () => notices.replaceChildren());
}

async function begin() {
  const answer = await redeem();
  await enter();
  if (answer) door.tell(answer);
}

menu(byId('account', HTMLButtonElement), byId('account-menu', HTMLElement));
byId('leave', HTMLButtonElement).addEventListener('click', () => void ask('DELETE', 'api/session').then(shut));
addEventListener('hashchange', route);
void begin();
