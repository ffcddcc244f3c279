import type { Type, Value } from "../base/schema.js";
import type { Expr, Lookup, Trees, WeighTerms } from "../expr/expr.js";
import type { Known, OpName } from "../expr/ops.js";
import type { Aggregate, ScanRelation } from "../expr/relation.js";
import type { SlotTable } from "../expr/slots.js";

/** A formula as SQL, with what dialects need to know to write what stands around it. */
export interface Term {
  readonly sql: string;
  readonly type: Known;
  readonly expr: Expr;
  /** The same as it is stored in a file, perhaps narrower, where `sql` casts it to the width that our types have. */
  readonly stored?: string;
}

/** How an operation is written. */
export type Emit = (...args: readonly Term[]) => string | Pick<Term, "sql" | "stored">;

/** One SQL. `calls` has every operation, so a new one does not compile until each dialect has answered. */
export interface Dialect {
  readonly name: string;
  quote(name: string): string;
  literal(value: Value): string;
  /** A stored column in the width that our types have, so that 32-bit columns do not overflow. */
  widen(column: string, type: Type): string;
  readonly calls: Readonly<Record<OpName, Emit>>;
  /** The value behind a key; it must not change the order of rows, as a join may. */
  lookup(lookup: Lookup, key: Term): string;
  /** What trees add up to, as a real; inputs are numbers or codes. */
  trees(trees: Trees, inputs: readonly Term[]): string;
  /** The sum of a table's values at some slots, as a real; a missing slot adds nothing. */
  weigh(table: SlotTable, slots: readonly Term[]): string;
  /** What a text's terms add to an output, as a real; `codes` is a list of whole numbers, and none adds 0. */
  weighTerms(expr: WeighTerms, codes: Term): string;
  /** `args` are the terms of the aggregate's arguments, in their order. */
  aggregate(aggregate: Aggregate, args: readonly Term[], where: string | undefined): string;
  /** A condition that is always true and has to stand above a sorted and limited query, where the engine would otherwise lose its order. */
  readonly aboveFirst?: string;
  /** A scan as a FROM item under the alias t, with row hashes for these seeds. */
  scan(relation: ScanRelation, seeds: readonly number[]): ScanSql;
}

export interface ScanSql {
  readonly from: string;
  readonly where: readonly string[];
  /** Each column of the schema, as it is read. */
  readonly columns: ReadonlyMap<string, string>;
  readonly rowHash: (seed: number) => string;
}
