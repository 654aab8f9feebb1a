/** Sessions: a one-time token in the address, a name with a password, and the way out. */

/**
 * What the server answered; `status` 0 where it did not; `wait`: the seconds after which to ask again.
 * @typedef {{status: number, body: Record<string, unknown>, wait: number}} Answer
 */

/** The longest that the server may take to answer, in milliseconds. */
const PATIENCE = 10_000;
/** In seconds, where the server does not say how long. */
const USUAL_WAIT = 30;

/** @param {string} method @param {string} path @param {unknown} [body] @returns {Promise<Answer>} */
export async function ask(method, path, body) {
  try {
    const answer = await fetch(path, {
      method, cache: 'no-store', signal: AbortSignal.timeout(PATIENCE),
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const said = await answer.json().catch(() => null); // a refusal on the way may be no JSON
    const wait = Number(answer.headers.get('retry-after')) || Number(said?.wait) || USUAL_WAIT;
    return { status: answer.status, body: said !== null && typeof said === 'object' ? said : {}, wait };
  } catch {
    return { status: 0, body: {}, wait: USUAL_WAIT };
  }
}

/**
 * Takes what stands under `name` behind the # of the address, and takes it out of the address: a token must not stay
 * there, nor in the history.
 * @param {string} name @returns {string | null}
 */
export function fromAddress(name) {
  const token = new URLSearchParams(location.hash.slice(1)).get(name);
  if (token !== null) history.replaceState(null, '', location.pathname);
  return token;
}

/** Opens a session with the address's one-time token; null where it has none. @returns {Promise<Answer | null>} */
export async function redeem() {
  const token = fromAddress('t');
  return token === null ? null : ask('POST', 'api/session', { token });
}
