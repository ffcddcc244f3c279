import { tableFromArrays, tableToIPC, utf8 } from "@uwdata/flechette";
import { afterAll, beforeAll, expect, test } from "vitest";
import { int64, type Row, text } from "../../src/base/schema.js";
import type { SparkSession } from "../../src/engines/spark/connection/session.js";
import { local } from "../../src/engines/spark/frames/plan.js";
import { evaluate } from "../../src/expr/evaluate.js";
import type { Expr } from "../../src/expr/expr.js";
import { exprSql } from "../../src/sql/expr.js";
import { sparkDialect } from "../../src/sql/spark.js";
import { apartOf, compared } from "../support/equality.js";
import { needs } from "../support/needs.js";
import { openSpark, sparkRows } from "../support/spark.js";
import { codesOf, nastyTexts, outputsOf, someWeights } from "../support/words.js";

const schema = {
  columns: [
    { name: "t", type: text },
    { name: "n", type: int64 },
  ],
};

needs.spark()("texts in Spark", () => {
  let session: SparkSession;
  beforeAll(async () => {
    session = await openSpark();
  });
  afterAll(() => session?.close());

  const spark = (columns: Record<string, Expr>): Promise<Row[]> => {
    const cells = { n: nastyTexts.map((_, n) => String(n).padStart(3, "0")), t: [...nastyTexts] };
    const data = tableToIPC(tableFromArrays(cells, { types: { n: utf8(), t: utf8() } }), { format: "stream" })!;
    const items = Object.entries(columns).map(([name, expr]) => `${exprSql(expr, sparkDialect, schema)} AS ${name}`);
    return sparkRows(session, `SELECT ${items.join(", ")} FROM cells ORDER BY n`, {
      cells: local(data, "n STRING, t STRING"),
    });
  };

  test("have the codes that the evaluator gives them", async () => {
    const columns = { one: codesOf(1), three: codesOf(3), few: codesOf(2, 3), none: codesOf(0) };
    const found = await spark(columns);
    for (const [i, t] of nastyTexts.entries())
      for (const [name, expr] of Object.entries(columns)) {
        const codes = found[i]![name];
        expect(codes === null ? null : Array.from(codes as readonly number[], Number)).toEqual(evaluate(expr, { t }));
      }
  });

  test.each(someWeights)("add to outputs what the evaluator says: %o", async (terms) => {
    const columns = Object.fromEntries(outputsOf(terms).map((expr, k) => [`m${k}`, expr]));
    const found = await spark(columns);
    let apart = 0;
    for (const [i, t] of nastyTexts.entries())
      for (const [name, expr] of Object.entries(columns))
        apart = Math.max(apart, apartOf(found[i]![name], evaluate(expr, { t })));
    expect(apart).toBeLessThan(1e-10); // Spark's logarithm is its own
    compared("relation", "words", apart, 1e-10);
  });
});
