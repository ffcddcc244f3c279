/** A slice of encoded rows, as a kernel sees it: columns in one memory, each 16-byte aligned. */
export type Dtype = "f32" | "f64" | "i32" | "u8";

/** The columns of a page set. Numbers come first, then category codes, then hash codes; the order is that of the feature blocks. */
export interface PageLayout {
  readonly columns: readonly PageColumn[];
  /** Rows of a full page: a function of the columns alone (about 4 MB), so the budget can never change it. */
  readonly pageRows: number;
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
  /** Side columns: label (a number or a class code), weight, split. */
  | { readonly kind: "side"; readonly name: string; readonly dtype: "f64" | "u8" };

export const bytesOf: Readonly<Record<Dtype, number>> = { f32: 4, f64: 8, i32: 4, u8: 1 };
const aligned = (bytes: number): number => (bytes + 15) & ~15;

/** The size of a page's body; column i starts at `offsets[i]`. */
export function pageShape(layout: PageLayout, rows = layout.pageRows): { bytes: number; offsets: readonly number[] } {
  const offsets: number[] = [];
  let bytes = 0;
  for (const { dtype } of layout.columns) {
    offsets.push(bytes);
    bytes += aligned(rows * bytesOf[dtype]);
  }
  return { bytes, offsets };
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
  readonly label: Float64Array;
  readonly weight: Float64Array;
  /** What each row is for, whatever rows were asked for: 0 training, 1 validation, 255 none. */
  readonly split: Uint8Array;
}
