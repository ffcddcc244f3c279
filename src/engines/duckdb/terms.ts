import {
  DOUBLE,
  type DuckDBConnection,
  type DuckDBDoubleVector,
  DuckDBScalarFunction,
  INTEGER,
  LIST,
  VARCHAR,
} from "@duckdb/node-api";
import { hashOf } from "../../base/canonical.js";
import type { WeighTerms } from "../../expr/expr.js";
import { denseValues, tableName } from "../../expr/slots.js";
import { termSums } from "../../expr/terms.js";
import { plainTermCoder, type TermCoder } from "../../expr/words.js";
import type { Term } from "../../sql/dialect.js";
import { duckdbDialect } from "../../sql/duckdb.js";
import { eachText, fillLists, typedChunk } from "./chunks.js";

/** Texts taken apart and weighed by functions that this process lends to DuckDB. Each is registered once under a name of its content. */
export class TermFunctions {
  readonly #connection: DuckDBConnection;
  readonly #coder: TermCoder;
  readonly #names = new Set<string>();

  constructor(connection: DuckDBConnection, coder: TermCoder = plainTermCoder) {
    this.#connection = connection;
    this.#coder = coder;
  }

  /** Codes of a text, as SQL. */
  codes(text: Term, ngrams: Term, most: Term): string {
    const [n, m] = [wholeOf(ngrams), wholeOf(most)];
    if (n === undefined || m === undefined) return duckdbDialect.calls.termCodes(text, ngrams, most) as string;
    const name = `sluice_terms_${n}_${m}`;
    this.#lend(name, () => codesFunction(name, this.#coder, n, m));
    return `${name}(${text.sql})`;
  }

  /** What terms add to an output, as SQL: one function gives all outputs, and DuckDB calls it once where they stand side by side. */
  weigh(expr: WeighTerms, codes: Term): string {
    const { terms, tables, output } = expr;
    const name = `sluice_terms_${hashOf([terms, tables.map(tableName)]).slice(0, 16)}`;
    this.#lend(name, () => weighFunction(name, expr));
    const sums = `${name}(CAST(${codes.sql} AS INTEGER[]))`;
    return tables.length === 1 ? sums : `${sums}[${output + 1}]`;
  }

  #lend(name: string, make: () => DuckDBScalarFunction): void {
    if (!this.#names.has(name)) this.#connection.registerScalarFunction(make());
    this.#names.add(name);
  }
}

const wholeOf = ({ expr }: Term): number | undefined =>
  expr.kind === "lit" && Number.isSafeInteger(expr.value) && (expr.value as number) >= 0
    ? (expr.value as number)
    : undefined;

function codesFunction(name: string, coder: TermCoder, ngrams: number, most: number): DuckDBScalarFunction {
  let data = new Int32Array(2 ** 16);
  return DuckDBScalarFunction.create({
    name,
    returnType: LIST(INTEGER),
    parameterTypes: [VARCHAR],
    specialHandling: true, // a missing text has no list
    mainFunction(_, chunk, output) {
      const ends = new Uint32Array(chunk.rowCount);
      let end = 0;
      const valid = eachText(chunk, 0, (bytes, row) => {
        const codes = coder(bytes, ngrams, most);
        if (end + codes.length > data.length) {
          const more = new Int32Array(2 * (end + codes.length));
          more.set(data.subarray(0, end));
          data = more;
        }
        data.set(codes, end);
        end += codes.length;
        ends[row] = end;
      });
      fillLists(output, ends, chunk.rowCount, data, valid);
    },
  });
}

function weighFunction(name: string, { terms, tables }: WeighTerms): DuckDBScalarFunction {
  const types = [LIST(INTEGER)];
  const sum = termSums(terms, tables.map(denseValues));
  const outputs = tables.length;
  return DuckDBScalarFunction.create({
    name,
    returnType: outputs === 1 ? DOUBLE : LIST(DOUBLE),
    parameterTypes: types,
    specialHandling: true, // no text adds nothing
    mainFunction(_, chunk, output) {
      const { rows, columns } = typedChunk(chunk, types);
      const { data, lists } = columns[0]!;
      const sums = new Float64Array(rows * outputs);
      for (let i = 0; i < rows; i++) {
        const [from, count] = [lists![2 * i]!, lists![2 * i + 1]!];
        if (count > 0) sum(data as Int32Array, from, from + count, sums, i * outputs);
      }
      if (outputs > 1)
        return fillLists(
          output,
          Uint32Array.from({ length: rows }, (_, i) => (i + 1) * outputs),
          rows,
          sums,
        );
      const into = output as DuckDBDoubleVector;
      for (let i = 0; i < rows; i++) into.setItem(i, sums[i]!);
      into.flush();
    },
  });
}
