import type { Type } from "../base/schema.js";
import type { Dialect } from "./dialect.js";
import { aggregate } from "./duckdb/aggregate.js";
import { calls } from "./duckdb/calls.js";
import { literal, quote } from "./duckdb/literals.js";
import { lookup } from "./duckdb/lookup.js";
import { databaseAlias, scan } from "./duckdb/scan.js";
import { weighTerms } from "./duckdb/terms.js";
import { trees } from "./duckdb/trees.js";
import { weigh } from "./duckdb/weigh.js";

/** DuckDB 1.5's SQL, for sessions whose time zone is UTC. */
export const duckdbDialect: Dialect & { readonly databaseAlias: typeof databaseAlias } = {
  name: "duckdb",
  quote,
  literal,
  widen,
  calls,
  lookup,
  trees,
  weigh,
  weighTerms,
  aggregate,
  scan,
  databaseAlias,
};

function widen(column: string, type: Type): string {
  switch (type.kind) {
    case "int64":
      return `CAST(${column} AS BIGINT)`;
    case "real":
    case "decimal":
      return `CAST(${column} AS DOUBLE)`;
    case "timestamp":
      return type.utc ? `make_timestamp(epoch_us(${column}))` : `CAST(${column} AS TIMESTAMP)`;
    case "text":
      return column;
    default:
      return column;
  }
}
