import { hash31 } from "../expr/evaluate/text.js";
import { mostTermsOfRow, type PageLayout, termColumns } from "../pages/page.js";

/**
 * The slots that a row's features have: hash codes and pairs of them share the first 2^bits, then come those of each text, the levels of
 * categories, two for each number (its value, and that it is missing), and one that features without a value point to.
 */
export interface SlotSpace {
  readonly bits: number;
  readonly seeds: readonly number[];
  readonly pairs: readonly { readonly a: number; readonly b: number; readonly seed: number }[];
  /** The first slot of each column of terms. */
  readonly terms: readonly { readonly at: number; readonly width: number }[];
  /** The slot of level 0 of each category column. */
  readonly levels: readonly number[];
  /** The slot of the first number's value. */
  readonly numbers: number;
  readonly numberCount: number;
  readonly nothing: number;
  readonly size: number;
  /** Features of a row beside its terms. */
  readonly features: number;
  /** Features that a row has at most, rounded up to a multiple of 4. */
  readonly width: number;
}

/** What a column does to the hash: two columns with the same texts have slots of their own. */
export const seedOf = (name: string): number => hash31(name);
export const pairSeedOf = (a: string, b: string): number => hash31(`${a} * ${b}`);

export function slotSpace(
  { columns }: Pick<PageLayout, "columns">,
  bits: number,
  pairs: readonly (readonly [string, string])[],
): SlotSpace {
  const hashed = columns.flatMap(({ kind, name }) => (kind === "hashed" ? [name] : []));
  const numberCount = columns.filter(({ kind }) => kind === "number").length;
  let at = hashed.length > 0 ? 2 ** bits : 0;
  const terms = termColumns({ columns }).map(({ width }) => {
    at += width;
    return { at: at - width, width };
  });
  const levels: number[] = [];
  for (const column of columns) {
    if (column.kind !== "category") continue;
    levels.push(at);
    at += column.width;
  }
  const features = hashed.length + pairs.length + levels.length + numberCount;
  return {
    bits,
    seeds: hashed.map(seedOf),
    pairs: pairs.map(([a, b]) => ({ a: hashed.indexOf(a), b: hashed.indexOf(b), seed: pairSeedOf(a, b) })),
    terms,
    levels,
    numbers: at,
    numberCount,
    nothing: at + 2 * numberCount,
    size: at + 2 * numberCount + 1,
    features,
    width: Math.max(4, (features + terms.length * mostTermsOfRow + 3) & ~3),
  };
}
