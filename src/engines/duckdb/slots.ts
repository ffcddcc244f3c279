import {
  DOUBLE,
  type DuckDBConnection,
  type DuckDBDoubleVector,
  DuckDBScalarFunction,
  INTEGER,
} from "@duckdb/node-api";
import { denseValues, type SlotTable, tableName } from "../../expr/slots.js";
import type { Term } from "../../sql/dialect.js";
import { duckdbDialect } from "../../sql/duckdb.js";
import { typedChunk } from "./chunks.js";

/**
 * Sums over long tables as functions that this process lends to DuckDB: a list of millions of values in a query is copied for each of
 * its chunks (500 us a row, measured). Each is registered under a name of its content, once.
 */
export class SlotFunctions {
  readonly #connection: DuckDBConnection;
  readonly #names = new Set<string>();

  constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  /** The call of the function, as SQL. */
  call(table: SlotTable, slots: readonly Term[]): string {
    if (slots.length === 0) return duckdbDialect.weigh(table, slots);
    const name = `sluice_${tableName(table)}_${slots.length}`;
    if (!this.#names.has(name)) this.#connection.registerScalarFunction(functionOf(name, table, slots.length));
    this.#names.add(name);
    return `${name}(${slots.map(({ sql }) => `CAST(${sql} AS INTEGER)`).join(", ")})`;
  }
}

function functionOf(name: string, table: SlotTable, width: number): DuckDBScalarFunction {
  const types = Array.from({ length: width }, () => INTEGER);
  const values = denseValues(table);
  return DuckDBScalarFunction.create({
    name,
    returnType: DOUBLE,
    parameterTypes: types,
    specialHandling: true, // a missing slot adds nothing
    mainFunction(_, chunk, output) {
      const { rows, columns } = typedChunk(chunk, types);
      const sums = new Float64Array(rows);
      for (const { data, valid } of columns)
        for (let i = 0; i < rows; i++)
          if (!valid || valid[i >> 3]! & (1 << (i & 7))) sums[i]! += values[data[i] as number] ?? 0;
      const into = output as DuckDBDoubleVector;
      for (let i = 0; i < rows; i++) into.setItem(i, sums[i]!);
      into.flush();
    },
  });
}
