import { mix32, seedWord } from "../../base/seeds.js";
import { whole } from "./literals.js";

// base/seeds.ts in 64-bit integers: both multipliers are below 2^31, so that no product overflows.
const mask = "4294967295";
const first = (x: string): string => `((xor(${x}, ${x} >> 16) * 569420461) & ${mask})`;
const second = (x: string): string => `((xor(${x}, ${x} >> 15) * 1935289751) & ${mask})`;
const last = (x: string): string => `xor(${x}, ${x} >> 15)`;

/** `from` with a column `__hash_<seed>` for each seed; it has `__row` already, and `__file` where the file is not given. */
export function withRowHashes(from: string, file: number | undefined, seeds: readonly number[]): string {
  // Steps are nested, because a formula that names its argument twice at each step would grow sixty-fourfold.
  for (const seed of seeds) whole(seed);
  let text = from;
  let added: string[] = [];
  const step = (columns: readonly string[]): void => {
    const kept = added.length > 0 ? `* EXCLUDE (${added.join(", ")})` : "*";
    added = columns.map((column) => column.slice(column.lastIndexOf(" ") + 1));
    text = `(SELECT ${kept}, ${columns.join(", ")} FROM ${text})`;
  };
  const each = (formula: (seed: number) => string, name: string): string[] =>
    seeds.map((seed) => `${formula(seed)} AS __${name}_${seed}`);
  const high = (x: string): string => last(second(first(x)));
  const files =
    file === undefined
      ? high(`(((__row >> 32) * 65536 + __file + 1) & ${mask})`)
      : `CASE WHEN __row < 4294967296 THEN ${mix32(file + 1)} ELSE ${high(`(((__row >> 32) * 65536 + ${file + 1}) & ${mask})`)} END`;
  step([...each((seed) => `xor(__row & ${mask}, ${seedWord(seed)})`, "a"), `${files} AS __high`]);
  const carry = "__high AS __high";
  step([...each((seed) => first(`__a_${seed}`), "b"), carry]);
  step([...each((seed) => second(`__b_${seed}`), "c"), carry]);
  step(each((seed) => `xor(${last(`__c_${seed}`)}, __high)`, "d"));
  step(each((seed) => first(`__d_${seed}`), "e"));
  step(each((seed) => second(`__e_${seed}`), "f"));
  step(each((seed) => last(`__f_${seed}`), "hash"));
  return text;
}
