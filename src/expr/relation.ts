import type { Schema } from "../base/schema.js";
import type { Scan } from "../sources/scan.js";
import type { Expr } from "./expr.js";

/** A table nobody has computed yet: plain data that an engine turns into a query. */
export type Relation = ScanRelation | Filter | Project | Limit | Aggregated | Sort | SqlRelation;

export interface ScanRelation {
  readonly kind: "scan";
  readonly scan: Scan;
  /** Only this file of the scan, and of it only these rows (from included, to excluded): the unit of journaled work. */
  readonly part?: Part;
  /** Only these runs of rows, in the order of files and rows: for engines that do not seek. */
  readonly runs?: readonly Required<Part>[];
  /** Only these files of the scan (from included, to excluded): on a cluster, where one query reads many. */
  readonly files?: { readonly from: number; readonly to: number };
}
export interface Part {
  readonly file: number;
  readonly from?: number;
  readonly to?: number;
}
export interface Filter {
  readonly kind: "filter";
  readonly from: Relation;
  readonly where: Expr;
}
export interface Project {
  readonly kind: "project";
  readonly from: Relation;
  /** Output columns in this order. `keep` passes all columns of `from` through first. */
  readonly columns: Readonly<Record<string, Expr>>;
  readonly keep?: boolean;
}
export interface Limit {
  readonly kind: "limit";
  readonly from: Relation;
  readonly rows: number;
}
export interface Aggregated {
  readonly kind: "aggregate";
  readonly from: Relation;
  readonly by: Readonly<Record<string, Expr>>;
  readonly columns: Readonly<Record<string, Aggregate>>;
}
export interface Sort {
  readonly kind: "sort";
  readonly from: Relation;
  readonly by: readonly { readonly expr: Expr; readonly descending?: boolean }[];
}
/** A query in the engine's own SQL (what `sluice sql` and SQL sources give). */
export interface SqlRelation {
  readonly kind: "sql";
  readonly text: string;
  /** The columns it gives, where they are known: formulas over it are then checked and written for their types. */
  readonly schema?: Schema;
}

/**
 * The aggregates that are exact and free of order: only these may enter a state.
 * `sum` is of integers (int64 values, or `floor(x * 2^scale)` of a real column: see `fixedSum`) and comes back as a bigint.
 * `approxDistinct` is for choices and displays, never for a fitted value.
 */
export type Aggregate =
  | { readonly agg: "count"; readonly arg?: Expr }
  | { readonly agg: "min" | "max" | "approxDistinct" | "countDistinct"; readonly arg: Expr }
  | { readonly agg: "sum"; readonly arg: Expr }
  /**
   * Sum of `floor(arg * 2^scale)` in wide integers, over the rows where arg is present and finite. Where no |arg| is above
   * `largest`, narrower integers may do, five times faster.
   */
  | { readonly agg: "fixedSum"; readonly arg: Expr; readonly scale: number; readonly largest?: number }
  /** Sum of `floor(arg + 0.5)` in 64-bit integers, 0 for no rows; a sum that does not fit is an error, or comes wider. */
  | { readonly agg: "wholeSum"; readonly arg: Expr }
  /** The rows where `where` holds (a sample chosen by row hash), each as the list of its `args`. */
  | { readonly agg: "sample"; readonly args: readonly Expr[]; readonly where: Expr };
