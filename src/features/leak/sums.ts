import { leakLimits } from "./single.js";

export interface Summand {
  readonly name: string;
  readonly values: Float64Array;
}

/** One column of a sum, added (1) or taken away (-1). */
export interface SumPart {
  readonly name: string;
  readonly sign: number;
}

/** Columns that are looked through in threes at most; in pairs four times as many. */
const mostColumns = 48;
/** Rows in which the label must be the sum: what remains is rounding and corrections by hand. */
const leastShare = 0.999;
/** Combinations that fail on the first rows are left at once. */
const probed = 24;

/** Two or three columns whose sum or difference is the label: parts of it, known no sooner than it is. */
export function sumsToLabel(columns: readonly Summand[], label: Float64Array): SumPart[] | undefined {
  if (label.length < leakLimits.fewestRows) return undefined;
  const spread = label.some((value) => value !== label[0]);
  const parts = columns.filter(({ values }) => values.some((value) => value !== 0 && !Number.isNaN(value)));
  if (!spread || parts.length > 4 * mostColumns) return undefined;
  const scale = label.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const fits = (terms: readonly Summand[], signs: readonly number[]): boolean => {
    let hits = 0;
    for (let row = 0; row < label.length; row++) {
      let sum = 0;
      for (let i = 0; i < terms.length; i++) sum += signs[i]! * terms[i]!.values[row]!;
      if (Math.abs(sum - label[row]!) <= 1e-9 * scale) hits++;
      else if (row < probed ? row - hits > 1 : hits < leastShare * (row + 1) - leakLimits.fewestRows / 50) return false;
    }
    return hits >= leastShare * label.length;
  };
  const told = (terms: readonly Summand[], signs: readonly number[]): SumPart[] =>
    terms.map(({ name }, i) => ({ name, sign: signs[i]! }));
  for (const [i, a] of parts.entries())
    for (const [j, b] of parts.entries()) {
      if (i === j) continue;
      for (const signs of j > i
        ? [
            [1, 1],
            [1, -1],
          ]
        : [[1, -1]])
        if (fits([a, b], signs)) return told([a, b], signs);
    }
  if (parts.length > mostColumns) return undefined;
  for (const [i, a] of parts.entries())
    for (let j = i + 1; j < parts.length; j++)
      for (let k = j + 1; k < parts.length; k++)
        for (const [x, y, z] of [
          [a, parts[j]!, parts[k]!],
          [parts[j]!, a, parts[k]!],
          [parts[k]!, a, parts[j]!],
        ] as const)
          for (const signs of x === a
            ? [
                [1, 1, 1],
                [1, 1, -1],
                [1, -1, 1],
                [1, -1, -1],
              ]
            : [[1, -1, -1]])
            if (fits([x, y, z], signs)) return told([x, y, z], signs);
  return undefined;
}
