import { createHash } from "node:crypto";

/**
 * A long table of which most values are 0, as plain data: the slots that have one, each as its distance to the one before
 * (little-endian groups of 7 bits), and their values as float32.
 */
export interface SlotTable {
  readonly size: number;
  readonly places: Uint8Array;
  readonly values: Uint8Array;
}

export function packSlots(dense: Float32Array): SlotTable {
  let count = 0;
  for (let i = 0; i < dense.length; i++) if (dense[i] !== 0) count++;
  const places = new Uint8Array(count * 5);
  const values = new Uint8Array(count * 4);
  const floats = new DataView(values.buffer);
  let [at, last, filled] = [0, -1, 0];
  for (let i = 0; i < dense.length; i++) {
    if (dense[i] === 0) continue;
    let gap = i - last - 1;
    for (; gap > 127; gap >>>= 7) places[at++] = (gap & 127) | 128;
    places[at++] = gap;
    floats.setFloat32(4 * filled++, dense[i]!, true);
    last = i;
  }
  return { size: dense.length, places: places.slice(0, at), values };
}

export const countSlots = ({ values }: SlotTable): number => values.length / 4;

/** Visits the slots that have a value, in their order. */
export function eachSlot({ places, values }: SlotTable, visit: (slot: number, value: number) => void): void {
  const floats = new DataView(values.buffer, values.byteOffset, values.byteLength);
  let slot = -1;
  for (let at = 0, i = 0; at < places.length; i++) {
    let gap = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = places[at++]!;
      gap += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    slot += gap + 1;
    visit(slot, floats.getFloat32(4 * i, true));
  }
}

/** A long table of which most counts are 0, as plain data: the slots that have one as in `SlotTable`, and their counts in such groups too. */
export interface CountTable {
  readonly size: number;
  readonly places: Uint8Array;
  readonly counts: Uint8Array;
}

/** Whole numbers from 0 up to 2^53. */
export function packCounts(dense: ArrayLike<number>): CountTable {
  const places = new Groups();
  const counts = new Groups();
  let last = -1;
  for (let i = 0; i < dense.length; i++) {
    if (dense[i] === 0) continue;
    places.add(i - last - 1);
    counts.add(dense[i]!);
    last = i;
  }
  return { size: dense.length, places: places.bytes(), counts: counts.bytes() };
}

export function eachCount({ places, counts }: CountTable, visit: (slot: number, count: number) => void): void {
  const [slots, values] = [groupsOf(places), groupsOf(counts)];
  let slot = -1;
  while (slots.more()) {
    slot += slots.next() + 1;
    visit(slot, values.next());
  }
}

/** Numbers in little-endian groups of 7 bits; all but the last group of a number have the eighth bit. */
class Groups {
  #bytes = new Uint8Array(1024);
  #length = 0;

  add(value: number): void {
    if (this.#length + 8 > this.#bytes.length) {
      const more = new Uint8Array(2 * this.#bytes.length);
      more.set(this.#bytes);
      this.#bytes = more;
    }
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#bytes[this.#length++] = (rest & 127) | 128;
    this.#bytes[this.#length++] = rest;
  }
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

function groupsOf(bytes: Uint8Array): { more(): boolean; next(): number } {
  let at = 0;
  return {
    more: () => at < bytes.length,
    next() {
      let value = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[at++]!;
        value += (byte & 127) * 2 ** shift;
        if (byte < 128) return value;
      }
    },
  };
}

const dense = new WeakMap<SlotTable, Float32Array>();

/** All values, zeros included; made once for each table. */
export function denseValues(table: SlotTable): Float32Array {
  let all = dense.get(table);
  if (!all) {
    const filled = new Float32Array(table.size);
    eachSlot(table, (slot, value) => {
      filled[slot] = value;
    });
    dense.set(table, filled);
    all = filled;
  }
  return all;
}

const names = new WeakMap<SlotTable, string>();

/** A name of its own for each content: under it an engine keeps the table. */
export function tableName(table: SlotTable): string {
  let name = names.get(table);
  if (name === undefined) {
    const digest = createHash("sha256")
      .update(String(table.size))
      .update(table.places)
      .update(table.values)
      .digest("hex");
    name = `slots_${digest.slice(0, 16)}`;
    names.set(table, name);
  }
  return name;
}

type Num = number | bigint;
const low31 = (x: Num): number => (typeof x === "bigint" ? Number(BigInt.asUintN(31, x)) : x & 0x7fffffff);

/** The operations of these names. */
export const pairCode = (a: Num, b: Num): number =>
  (Math.imul(low31(a), 1566083941) + Math.imul(low31(b), 1812433253)) & 0x7fffffff;
export const slotOf = (code: Num, seed: Num, bits: Num): number =>
  (low31(code) ^ low31(seed)) & (2 ** (low31(bits) & 31) - 1);
