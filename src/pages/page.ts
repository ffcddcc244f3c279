/** A slice of encoded rows, as a kernel sees it: columns in one memory, each 16-byte aligned. */
export type Dtype = "f32" | "f64" | "i32" | "u8";

/**
 * The columns of a page set. Numbers come first, then category codes, hash codes, terms; the order is that of the feature blocks. How
 * many rows and terms a page may hold is a function of the columns alone (about 4 MB), so the budget can never change it.
 */
export interface PageLayout {
  readonly columns: readonly PageColumn[];
  /** Rows of a full page. */
  readonly pageRows: number;
  /** Terms that each column of terms has room for: a page that has no room for the next row's ends before it. */
  readonly pageTerms?: number;
}

export type PageColumn =
  /** float32 of `(x - shift) * 2^exponent`; NaN where missing. */
  | {
      readonly kind: "number";
      readonly name: string;
      readonly dtype: "f32";
      readonly shift: number;
      readonly exponent: number;
    }
  /** Codes 0 .. width-1; -1 where missing or unknown. */
  | { readonly kind: "category"; readonly name: string; readonly dtype: "i32"; readonly width: number }
  /** Hash codes 0 .. 2^31-1; -1 where missing. */
  | { readonly kind: "hashed"; readonly name: string; readonly dtype: "i32" }
  /**
   * Sparse rows: slots 0 .. width-1 and how often each is there. Where each row ends stands as a column; the slots (i32) and their counts
   * (i16) of all rows stand behind all columns.
   */
  | {
      readonly kind: "terms";
      readonly name: string;
      readonly dtype: "i32";
      readonly width: number;
      readonly signed: boolean;
    }
  /** Side columns: label (a number or a class code), weight, split. */
  | { readonly kind: "side"; readonly name: string; readonly dtype: "f64" | "u8" };

export const bytesOf: Readonly<Record<Dtype, number>> = { f32: 4, f64: 8, i32: 4, u8: 1 };
const aligned = (bytes: number): number => (bytes + 15) & ~15;

export interface PageShape {
  readonly bytes: number;
  /** Where column i starts. */
  readonly offsets: readonly number[];
  /** Of each column of terms, where its slots and their counts start. */
  readonly terms: readonly { readonly slots: number; readonly counts: number }[];
}

/** Where things stand in the body of a page of so many rows and, in each column of terms, so many terms; of a full page when not given. */
export function pageShape(layout: PageLayout, rows = layout.pageRows, terms?: readonly number[]): PageShape {
  let bytes = 0;
  const take = (count: number): number => {
    const at = bytes;
    bytes += aligned(count);
    return at;
  };
  const offsets = layout.columns.map(({ dtype }) => take(rows * bytesOf[dtype]));
  const places = termColumns(layout).map((_, i) => {
    const count = terms?.[i] ?? layout.pageTerms ?? 0;
    return { slots: take(count * 4), counts: take(count * 2) };
  });
  return { bytes, offsets, terms: places };
}

export const termColumns = ({ columns }: Pick<PageLayout, "columns">) =>
  columns.filter((column) => column.kind === "terms");

/** Terms that one row may have in a column of terms: counts of them fit 16 bits. */
export const mostTermsOfRow = 30_000;

/** A layout of these columns, with pages of about 4 MB. */
export function layoutOf(columns: readonly PageColumn[], pageRows?: number): PageLayout {
  const terms = columns.filter(({ kind }) => kind === "terms").length;
  if (terms === 0) return { columns, pageRows: pageRows ?? rowsPerPage(columns) };
  const pageTerms = Math.max(mostTermsOfRow, Math.floor(2 ** 19 / terms));
  return { columns, pageRows: pageRows ?? Math.min(2 ** 15, rowsPerPage(columns)), pageTerms };
}

/** Rows of a page of about `targetBytes`: a multiple of 64, at least 64. */
export function rowsPerPage(columns: readonly PageColumn[], targetBytes = 4 * 2 ** 20): number {
  const rowBytes = columns.reduce((sum, { dtype }) => sum + bytesOf[dtype], 0);
  return Math.max(64, Math.min(2 ** 18, Math.floor(targetBytes / Math.max(1, rowBytes) / 64) * 64));
}

/**
 * A page in a kernel's memory. `numbers[j]` and `codes[j]` view the columns in place, `pointer` says where a column starts.
 * `weight` is already 0 for rows outside the rows asked for (another split, no label); `label` is a number or a class code.
 */
export interface Page {
  readonly rows: number;
  /** Ordinal among all pages, and the source row of its first row. */
  readonly index: number;
  readonly file: number;
  readonly firstRow: number;
  readonly numbers: readonly Float32Array[];
  readonly codes: readonly Int32Array[];
  readonly hashed: readonly Int32Array[];
  readonly terms: readonly TermsOfPage[];
  readonly label: Float64Array;
  readonly weight: Float64Array;
  /** What each row is for, whatever rows were asked for: 0 training, 1 validation, 255 none. */
  readonly split: Uint8Array;
}

/** A column of terms: row i's stand from `ends[i - 1]` (0 for the first) to `ends[i]`. No slot stands twice in a row. */
export interface TermsOfPage {
  readonly ends: Int32Array;
  readonly slots: Int32Array;
  readonly counts: Int16Array;
}
