import {
  DOUBLE,
  type DuckDBConnection,
  type DuckDBDoubleVector,
  DuckDBScalarFunction,
  type DuckDBType,
} from "@duckdb/node-api";
import { hashOf } from "../../base/canonical.js";
import { plainTreeSums, type TreeSums } from "../../expr/evaluate/trees.js";
import type { Trees } from "../../expr/expr.js";
import type { Term } from "../../sql/dialect.js";
import { duckdbDialect } from "../../sql/duckdb.js";
import { typedChunk } from "./chunks.js";

/**
 * Trees as functions that this process lends to DuckDB: its vectors come here, and their leaves are added up here. Each is registered under a name of its content, once.
 */
export class TreeFunctions {
  readonly #connection: DuckDBConnection;
  readonly #treeSums: TreeSums;
  readonly #names = new Set<string>();

  constructor(connection: DuckDBConnection, treeSums: TreeSums = plainTreeSums) {
    this.#connection = connection;
    this.#treeSums = treeSums;
  }

  /** The call of the function, as SQL. */
  call(trees: Trees, inputs: readonly Term[]): string {
    if (inputs.length === 0) return duckdbDialect.trees(trees, inputs);
    const name = `sluice_trees_${hashOf([inputs.length, trees.base, trees.trees]).slice(0, 16)}`;
    if (!this.#names.has(name)) this.#connection.registerScalarFunction(functionOf(name, trees, this.#treeSums));
    this.#names.add(name);
    return `${name}(${inputs.map(({ sql }) => `CAST(${sql} AS DOUBLE)`).join(", ")})`;
  }
}

function functionOf(name: string, trees: Trees, treeSums: TreeSums): DuckDBScalarFunction {
  const types = new Array<DuckDBType>(trees.inputs.length).fill(DOUBLE);
  const sumsOf = treeSums(trees);
  return DuckDBScalarFunction.create({
    name,
    returnType: DOUBLE,
    parameterTypes: types,
    specialHandling: true, // a null input does not make the sum null
    mainFunction(_, chunk, output) {
      const { rows, columns } = typedChunk(chunk, types);
      for (const { data, valid } of columns)
        if (valid) for (let i = 0; i < rows; i++) if (!(valid[i >> 3]! & (1 << (i & 7)))) data[i] = Number.NaN;
      const sums = sumsOf(
        columns.map(({ data }) => data as Float64Array),
        rows,
      );
      const into = output as DuckDBDoubleVector;
      for (let i = 0; i < rows; i++) into.setItem(i, sums[i]!);
      into.flush();
    },
  });
}
