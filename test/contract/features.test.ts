import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canonical } from "../../src/base/canonical.js";
import type { Row } from "../../src/base/schema.js";
import { evaluate } from "../../src/expr/evaluate.js";
import { col } from "../../src/expr/expr.js";
import type { Relation } from "../../src/expr/relation.js";
import type { FittedFeature } from "../../src/features/contract.js";
import { blocksOf, fitStages } from "../../src/features/fit.js";
import { features } from "../../src/features/index.js";
import { type TestTables, testTables } from "../../src/features/testing.js";
import { columns, inputsFor, paramsFor, training, unseen, wider } from "../support/feature-rows.js";

describe.each(features.map((feature) => [feature.name, feature] as const))("%s", (name, feature) => {
  let tables: TestTables;
  let train: Relation;
  beforeAll(async () => {
    tables = await testTables();
    train = await tables.table("train", columns, training);
  });
  afterAll(() => tables[Symbol.asyncDispose]());

  const fitOn = (relation: Relation, params: Record<string, string | number | boolean>): Promise<FittedFeature[]> =>
    fitStages(
      inputsFor(feature).map((inputs) => ({
        feature: name,
        name: inputs.join(" "),
        inputs: inputs.map(col),
        params: paramsFor(name, inputs, params),
      })),
      { engine: tables.engine, relation, seed: 3 },
    );

  test("gives the same in SQL and in the evaluator, for missing and unseen values too", async () => {
    const others = await tables.table("others", columns, unseen);
    for (const params of [{}, wider[name] ?? {}]) {
      const blocks = blocksOf(await fitOn(train, params));
      expect(blocks.length).toBeGreaterThan(0);
      for (const from of [train, others]) {
        const exprs = Object.fromEntries(blocks.map(({ expr }, i) => [`b${i}`, expr]));
        const rows: Row[] = await tables.engine.rows({ kind: "project", from, columns: exprs, keep: true }, 600);
        for (const row of rows)
          for (const [i, block] of blocks.entries()) {
            const here = evaluate(block.expr, row);
            const there = row[`b${i}`];
            if (typeof there === "number" && typeof here === "number" && block.kind === "number") {
              const near = Math.abs(here - there) <= 1e-12 * Math.max(1, Math.abs(there)); // libm and V8 differ in the last digits of ln, sin and pow
              if (!near && !Object.is(here, there))
                expect({ block: block.name, row, here }).toEqual({ block: block.name, row, here: there });
            } else if (here !== there)
              expect({ block: block.name, row, here }).toEqual({ block: block.name, row, here: there });
          }
      }
    }
  });

  test("is fitted alike on the same rows in another order", async () => {
    const shuffled = await tables.table(
      "shuffled",
      columns,
      `SELECT * FROM (${training}) ORDER BY hash(x, t, moment, i)`,
    );
    const [first, second] = [await fitOn(train, wider[name] ?? {}), await fitOn(shuffled, wider[name] ?? {})];
    expect(canonical(second)).toBe(canonical(first));
  });

  test("survives being saved as JSON", async () => {
    const fitted = await fitOn(train, wider[name] ?? {});
    expect(blocksOf(JSON.parse(JSON.stringify(fitted)))).toEqual(blocksOf(fitted));
  });

  test("says what becomes of a missing value", () => {
    expect(feature.doc).toMatch(/missing/i);
  });
});
