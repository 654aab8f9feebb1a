/** Which utterance is looked at. Who shows it is told where the wish came from, and need not follow its own. */

/** @typedef {'timeline' | 'words' | 'noes'} Origin */

export class Selection {
  index = -1;
  /** @type {((index: number, origin: Origin) => void)[]} */ #followers = [];

  /** @param {(index: number, origin: Origin) => void} follower */
  follow(follower) {
    this.#followers.push(follower);
  }

  /** @param {number} index one that is not there is left alone @param {Origin} origin */
  select(index, origin) {
    if (index < 0) return;
    this.index = index;
    for (const follower of this.#followers) follower(index, origin);
  }
}
