import type { Type } from "../base/schema.js";
import type { Dialect } from "./dialect.js";
import { aggregate } from "./spark/aggregate.js";
import { calls } from "./spark/calls.js";
import { literal, quote } from "./spark/literals.js";
import { lookup } from "./spark/lookup.js";
import { firstRowsStay, scan } from "./spark/scan.js";
import { trees } from "./spark/trees.js";
import { weigh } from "./spark/weigh.js";
import { weighTerms } from "./spark/words.js";

/** Spark 4.1's SQL, for sessions with the settings of engines/spark/connection/session.ts (ANSI, UTC). Every timestamp is TIMESTAMP_NTZ. */
export const sparkDialect: Dialect = {
  name: "spark",
  quote,
  literal,
  widen,
  calls,
  lookup,
  trees,
  weigh,
  weighTerms,
  aggregate,
  aboveFirst: firstRowsStay,
  scan,
};

function widen(column: string, type: Type): string {
  switch (type.kind) {
    case "int64":
      return `CAST(${column} AS BIGINT)`;
    case "real":
    case "decimal":
      // Adding -0 changes no number, and keeps a comparison from reaching Parquet's statistics: those of other writers leave NaN
      // out, and Spark would skip rows of it.
      return `(${column} + (-0D))`;
    case "timestamp":
      return `CAST(${column} AS TIMESTAMP_NTZ)`;
    default:
      return column;
  }
}
