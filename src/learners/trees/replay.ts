import type { Split } from "./split-contract.js";

export interface Candidate<N> {
  readonly split?: Split;
  /** Of a node whose rows were parted already. */
  readonly children?: readonly [N, N];
}

export interface Replay<N> {
  /** The nodes of the tree that are known by now, in the order in which they are split. */
  readonly committed: readonly N[];
  /** Nodes that have to be parted before more is known, the most urgent first. All others that are not parted never will be. */
  readonly waiting: readonly N[];
  /** Whether the children of this waiting node are leaves in any case, since its split would be the last one. */
  readonly last: (node: N) => boolean;
}

/**
 * Best-first growth (Shi 2007) over what is known so far: the node of the largest gain is split next, of equal ones the one that came
 * first. Behind a node whose children are unknown it goes on without them. Children only ever put a node further back, so a node
 * comes here no later than in the whole growth, and one that does not come within `splits` here never does.
 */
export function replay<N extends Candidate<N>>(root: N, splits: number): Replay<N> {
  const heap = new Heap<N>();
  const committed: N[] = [];
  const waiting: N[] = [];
  let taken = 0;
  let last: N | undefined;
  heap.push(root);
  for (; taken < splits; taken++) {
    const node = heap.pop();
    if (!node) break;
    if (taken === splits - 1) last = node;
    if (!node.children) waiting.push(node);
    else {
      if (waiting.length === 0) committed.push(node);
      for (const child of node.children) heap.push(child);
    }
  }
  return { committed, waiting, last: (node) => node === last };
}

class Heap<N extends Candidate<N>> {
  readonly #items: { node: N; gain: number; order: number }[] = [];
  #pushed = 0;

  push(node: N): void {
    if (!node.split) return;
    const items = this.#items;
    const item = { node, gain: node.split.gain, order: this.#pushed++ };
    let at = items.push(item) - 1;
    for (; at > 0; ) {
      const above = (at - 1) >> 1;
      if (!before(item, items[above]!)) break;
      items[at] = items[above]!;
      at = above;
    }
    items[at] = item;
  }

  pop(): N | undefined {
    const items = this.#items;
    const top = items[0];
    const item = items.pop();
    if (!top || !item || items.length === 0) return top?.node;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && before(items[below + 1]!, items[below]!)) below++;
      if (!before(items[below]!, item)) break;
      items[at] = items[below]!;
      at = below;
    }
    items[at] = item;
    return top.node;
  }
}

const before = (a: { gain: number; order: number }, b: { gain: number; order: number }): boolean =>
  a.gain > b.gain || (a.gain === b.gain && a.order < b.order);
