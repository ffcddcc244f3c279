import { seedWord } from "../../base/seeds.js";

// base/seeds.ts in 64-bit integers: both multipliers are below 2^31, so that no product overflows.
const mask = "4294967295L";
const first = (x: string): string => `(((${x} ^ shiftright(${x}, 16)) * 569420461L) & ${mask})`;
const second = (x: string): string => `(((${x} ^ shiftright(${x}, 15)) * 1935289751L) & ${mask})`;
const last = (x: string): string => `(${x} ^ shiftright(${x}, 15))`;
/** Always 0, and keeps Spark from writing all steps into a filter that stands above them: no condition passes what may differ by task. */
const barrier = "(spark_partition_id() & 0)";

/** `from` (with the columns named in `kept`, __file and __row) with a column `__hash_<seed>` for each seed. */
export function withRowHashes(from: string, kept: readonly string[], seeds: readonly number[]): string {
  // Steps are nested, because a formula that names its argument twice at each step would grow sixty-fourfold.
  let text = from;
  const step = (columns: readonly string[]): void => {
    text = `(SELECT ${[...kept, ...columns].join(", ")} FROM ${text} AS t)`;
  };
  const each = (formula: (seed: number) => string, name: string): string[] =>
    seeds.map((seed) => `${formula(seed)} AS __${name}_${seed >>> 0}`);
  const of = (name: string) => (seed: number) => `t.__${name}_${seed >>> 0}`;
  const [a, b, c, d, e, f] = ["a", "b", "c", "d", "e", "f"].map(of) as ((seed: number) => string)[];
  const high = "((shiftright(t.__row, 32) * 65536L + t.__file + 1L) & 4294967295L)";
  step([...each((seed) => `((t.__row & ${mask}) ^ ${seedWord(seed)}L)`, "a"), `${high} AS __high`]);
  step([...each((seed) => first(a!(seed)), "b"), `${first("t.__high")} AS __high`]);
  step([...each((seed) => second(b!(seed)), "c"), `${second("t.__high")} AS __high`]);
  step(each((seed) => `(${last(c!(seed))} ^ ${last("t.__high")})`, "d"));
  step(each((seed) => first(d!(seed)), "e"));
  step(each((seed) => second(e!(seed)), "f"));
  step(each((seed) => `(${last(f!(seed))} ^ ${barrier})`, "hash"));
  return text;
}
