import type { Block } from "../../features/contract.js";
import type { PageLayout } from "../../pages/page.js";
import type { BinFeature } from "./split-contract.js";

/** One feature of a binned row: a byte, or two where a category has too many levels for one. */
export type RecordColumn = {
  /** The model's block. */
  readonly block: number;
  /** Index among a page's numbers or codes. */
  readonly source: number;
  readonly wide: boolean;
  /** Where its byte stands in a row. */
  readonly at: number;
  /** Of this many bins the last is for missing values; `offset` is its first bin in a histogram. */
  readonly bins: number;
  readonly offset: number;
} & (
  | {
      readonly kind: "number";
      /** In page units, ascending: a value is in the bin of the first edge that is not below it. */
      readonly edges: readonly number[];
    }
  | { readonly kind: "category" }
);

/** How a row looks as bins: columns of one byte first, then those of two. */
export interface RecordLayout {
  readonly columns: readonly RecordColumn[];
  readonly narrow: number;
  readonly wide: number;
  readonly stride: number;
  /** All bins of all columns: the length of a histogram. */
  readonly bins: number;
}

export function recordLayout(
  blocks: readonly Block[],
  layout: PageLayout,
  edges: readonly (readonly number[])[],
): RecordLayout {
  let number = 0;
  let category = 0;
  const found = blocks.map((block, index) => {
    if (block.kind === "number") {
      const own = edges[number]!;
      return { kind: "number", block: index, source: number++, bins: own.length + 2, edges: own } as const;
    }
    const { width } = layout.columns.filter(({ kind }) => kind === "category")[category] as { width: number };
    return { kind: "category", block: index, source: category++, bins: width + 1 } as const;
  });
  let at = 0;
  let offset = 0;
  const place = (column: (typeof found)[number], wide: boolean): RecordColumn => {
    const placed = { ...column, wide, at, offset };
    at += wide ? 2 : 1;
    offset += column.bins;
    return placed;
  };
  const narrow = found.filter(({ bins }) => bins <= 256).map((column) => place(column, false));
  const wide = found.filter(({ bins }) => bins > 256).map((column) => place(column, true));
  return { columns: [...narrow, ...wide], narrow: narrow.length, wide: wide.length, stride: at, bins: offset };
}

export const binFeatures = ({ columns }: RecordLayout): BinFeature[] =>
  columns.map(({ kind, bins, offset }) => ({ kind, bins, offset }));

/** How many bins a block can have, before its values are known. */
export const binsAtMost = (block: Block, most: number): number =>
  block.kind === "number" ? most : block.kind === "category" ? block.levels.length + 1 : 0;
