import type { Type } from "../../base/schema.js";
import { toReal } from "./values.js";

/** A column that is text because of very few cells among numbers. */
export interface MixedColumn {
  readonly column: string;
  /** The first of those cells. */
  readonly value: string;
  readonly words: number;
  readonly cells: number;
}

const fewCells = 100;
const fewWords = 0.01;

/** `present` are a column's sampled cells that are not missing. */
export function mixedColumns(
  names: readonly string[],
  types: readonly Type[],
  present: readonly (readonly string[])[],
): MixedColumn[] {
  return names.flatMap((column, i) => {
    const cells = present[i]!;
    if (types[i]!.kind !== "text" || cells.length < fewCells) return [];
    const words = cells.filter((cell) => toReal(cell) === undefined);
    if (words.length === 0 || words.length > fewWords * cells.length) return [];
    return { column, value: words[0]!, words: words.length, cells: cells.length };
  });
}
