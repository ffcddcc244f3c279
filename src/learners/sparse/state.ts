import type { SlotTable } from "../../expr/slots.js";

/**
 * A fitted sparse linear model, in the units of the user's data. An output is the sum of
 * - `intercepts[k]`;
 * - for each hashed block, the value in `hashed[k]` at slotOf(code, seedOf(block name), bits), a missing code being 2^31 - 1;
 * - for each pair of hashed blocks, the value at slotOf(pairCode(a, b), pairSeedOf(name of a, name of b), bits);
 * - for each text block, the values in `texts[t][k]` at the slots of its terms, times theirs (expr/terms.ts);
 * - for each category block, `levels[k]` at its place (blocks in their order, levels one after the other), nothing when missing;
 * - for each number block, `numbers[j].weights[k]` times its scaled value, or `numbers[j].missing[k]` when it is missing.
 */
export interface SparseState {
  readonly bits: number;
  /** Names of hashed blocks. */
  readonly pairs: readonly (readonly [string, string])[];
  readonly intercepts: readonly number[];
  /** Of 2^bits slots those of a weight that is not 0; empty where there are no hashed blocks. */
  readonly hashed: readonly SlotTable[];
  /** Absent where there are no texts. */
  readonly texts?: readonly (readonly SlotTable[])[];
  readonly levels: readonly (readonly number[])[];
  readonly numbers: readonly SparseNumber[];
  /** Numbers count as sign(u) ln(1 + |u|). */
  readonly logs: boolean;
}

export interface SparseNumber {
  /** The scaled value is that of u = (x - shift) * 2^exponent. */
  readonly shift: number;
  readonly exponent: number;
  readonly weights: readonly number[];
  readonly missing: readonly number[];
}

/** The code of a missing value. */
export const missingCode = 2 ** 31 - 1;
