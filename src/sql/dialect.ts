import type { Type, Value } from "../base/schema.js";
import type { Lookup } from "../expr/expr.js";
import type { OpName } from "../expr/ops.js";
import type { Aggregate } from "../expr/relation.js";
import type { Scan } from "../sources/scan.js";

/** SQL text with the type that its value has. */
export interface Typed {
  readonly sql: string;
  readonly type: Type;
}

/** How an operation is written, given its arguments' text and types. */
export type Emit = (args: readonly string[], types: readonly Type[]) => string;

/** One SQL. `calls` has every operation, so a new one does not compile until each dialect has answered. */
export interface Dialect {
  readonly name: string;
  quote(name: string): string;
  literal(value: Value): string;
  readonly calls: Readonly<Record<OpName, Emit>>;
  lookup(lookup: Lookup, key: Typed): string;
  aggregate(aggregate: Aggregate, arg: Typed | undefined, where: string | undefined): string;
  /** A scan as a FROM item with its columns, and for each seed `__hash_<seed>`, the row hash of base/seeds.ts. */
  scan(scan: Scan, part: { readonly file: number; readonly from?: number; readonly to?: number } | undefined, seeds: readonly number[]): string;
  /** A column read from a scan where arithmetic must not happen in a narrower type than ours. */
  widen(column: string, type: Type): string;
}
