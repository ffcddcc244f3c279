import { type DuckDBConnection, DuckDBDataChunk, FLOAT, INTEGER } from "@duckdb/node-api";
import type { Expr } from "../../expr/expr.js";
import type { Relation } from "../../expr/relation.js";
import { eachSlot, type SlotTable } from "../../expr/slots.js";

const chunkRows = 2048;

/** The table under `name` in this session: one row, whose list has the value of slot i at place i + 1. */
export async function loadSlots(connection: DuckDBConnection, name: string, table: SlotTable): Promise<void> {
  const pairs = `${name}_pairs`;
  await connection.run(`CREATE OR REPLACE TABLE ${pairs} (slot INTEGER, weight FLOAT)`);
  const appender = await connection.createAppender(pairs);
  let slots: number[] = [];
  let weights: number[] = [];
  const flush = (): void => {
    if (slots.length === 0) return;
    const chunk = DuckDBDataChunk.create([INTEGER, FLOAT], slots.length);
    chunk.setColumns([slots, weights]);
    appender.appendDataChunk(chunk);
    slots = [];
    weights = [];
  };
  eachSlot(table, (slot, value) => {
    slots.push(slot);
    weights.push(value);
    if (slots.length === chunkRows) flush();
  });
  flush();
  appender.closeSync();
  await connection.run(
    `CREATE OR REPLACE TABLE ${name} AS SELECT list(coalesce(weight, 0) ORDER BY place) AS w
      FROM range(${table.size}) AS places(place) LEFT JOIN ${pairs} ON slot = place`,
  );
  await connection.run(`DROP TABLE ${pairs}`);
}

/** The tables that a relation's formulas look values up in. */
export function slotTablesIn(relation: Relation, into: Set<SlotTable> = new Set()): Set<SlotTable> {
  switch (relation.kind) {
    case "filter":
      tablesOf(relation.where, into);
      break;
    case "project":
      for (const expr of Object.values(relation.columns)) tablesOf(expr, into);
      break;
    case "sort":
      for (const { expr } of relation.by) tablesOf(expr, into);
      break;
    case "aggregate":
      for (const expr of Object.values(relation.by)) tablesOf(expr, into);
      for (const one of Object.values(relation.columns)) if ("arg" in one && one.arg) tablesOf(one.arg, into);
      break;
    default:
  }
  return "from" in relation ? slotTablesIn(relation.from, into) : into;
}

function tablesOf(expr: Expr, into: Set<SlotTable>): void {
  if (expr.kind === "weigh") {
    into.add(expr.table);
    for (const slot of expr.slots) tablesOf(slot, into);
  } else if (expr.kind === "call") for (const arg of expr.args) tablesOf(arg, into);
  else if (expr.kind === "lookup") tablesOf(expr.key, into);
}
