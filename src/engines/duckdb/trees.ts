import {
  DOUBLE,
  type DuckDBConnection,
  type DuckDBDoubleVector,
  DuckDBScalarFunction,
  type DuckDBType,
} from "@duckdb/node-api";
import { hashOf } from "../../base/canonical.js";
import { packTrees, sumTreesOfRows } from "../../expr/evaluate/trees.js";
import type { Trees } from "../../expr/expr.js";
import type { Term } from "../../sql/dialect.js";
import { duckdbDialect } from "../../sql/duckdb.js";
import { typedChunk } from "./chunks.js";

/**
 * Trees as functions that this process lends to DuckDB: its vectors come here, and the loop that scores single rows adds up their
 * leaves. Each is registered under a name of its content, once.
 */
export class TreeFunctions {
  readonly #connection: DuckDBConnection;
  readonly #names = new Set<string>();

  constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  /** The call of the function, as SQL. */
  call(trees: Trees, inputs: readonly Term[]): string {
    if (inputs.length === 0) return duckdbDialect.trees(trees, inputs);
    const name = `sluice_trees_${hashOf([inputs.length, trees.base, trees.trees]).slice(0, 16)}`;
    if (!this.#names.has(name)) this.#connection.registerScalarFunction(functionOf(name, trees));
    this.#names.add(name);
    return `${name}(${inputs.map(({ sql }) => `CAST(${sql} AS DOUBLE)`).join(", ")})`;
  }
}

function functionOf(name: string, trees: Trees): DuckDBScalarFunction {
  const packed = packTrees(trees);
  const width = trees.inputs.length;
  const types = new Array<DuckDBType>(width).fill(DOUBLE);
  let x = new Float64Array(0);
  return DuckDBScalarFunction.create({
    name,
    returnType: DOUBLE,
    parameterTypes: types,
    specialHandling: true, // a null input does not make the sum null
    mainFunction(_, chunk, output) {
      const { rows, columns } = typedChunk(chunk, types);
      if (x.length < rows * width) x = new Float64Array(rows * width);
      columns.forEach(({ data, valid }, j) => {
        for (let i = 0; i < rows; i++) x[i * width + j] = data[i] as number;
        if (valid) for (let i = 0; i < rows; i++) if (!(valid[i >> 3]! & (1 << (i & 7)))) x[i * width + j] = Number.NaN;
      });
      const sums = new Float64Array(rows);
      sumTreesOfRows(packed, x, width, sums);
      const into = output as DuckDBDoubleVector;
      for (let i = 0; i < rows; i++) into.setItem(i, sums[i]!);
      into.flush();
    },
  });
}
