import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canonical } from "../../src/base/canonical.js";
import { bool, date, int64, type Row, real, text, timestamp } from "../../src/base/schema.js";
import { evaluate } from "../../src/expr/evaluate.js";
import { col } from "../../src/expr/expr.js";
import type { Relation } from "../../src/expr/relation.js";
import type { FittedFeature } from "../../src/features/contract.js";
import { blocksOf, fitStages } from "../../src/features/fit.js";
import { type AnyFeature, features } from "../../src/features/index.js";
import { type TestTables, testTables } from "../../src/features/testing.js";

const columns = { x: real, i: int64, yes: bool, t: text, u: text, moment: timestamp, born: date };
/** 600 rows with gaps, ties, a level of one row, and numbers on both sides of zero. */
const training = `SELECT
    CASE WHEN k % 11 = 0 THEN NULL ELSE (k * 37 % 101) / 4.0 - 3 END AS x,
    CASE WHEN k % 17 = 0 THEN NULL ELSE (k * 13 % 29)::BIGINT END AS i,
    CASE WHEN k % 13 = 0 THEN NULL ELSE k % 3 = 0 END AS yes,
    CASE WHEN k % 7 = 0 THEN NULL WHEN k = 5 THEN 'once' ELSE chr(97 + (k % 5)::INT) END AS t,
    CASE WHEN k % 2 = 0 THEN 'left' ELSE 'right' END AS u,
    CASE WHEN k % 19 = 0 THEN NULL ELSE TIMESTAMP '2023-11-30 22:00:00' + INTERVAL (k * 67) MINUTE END AS moment,
    CASE WHEN k % 23 = 0 THEN NULL ELSE DATE '2023-01-01' + (k % 200)::INT END AS born
  FROM range(600) r(k)`;
/** What training never saw: other levels, outer numbers, NaN, everything missing. */
const unseen = `SELECT * FROM (VALUES
    (1e6, 10000000000::BIGINT, true, 'new', 'left', TIMESTAMP '2031-06-15 12:34:56', DATE '1969-07-20'),
    (-1e6, -5::BIGINT, false, '', 'up', TIMESTAMP '1950-01-01 00:00:00', DATE '2024-02-29'),
    ('NaN'::DOUBLE, 0::BIGINT, true, '(missing)', 'é', TIMESTAMP '2023-12-01 00:00:00.5', DATE '2023-01-01'),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (0.0, 1::BIGINT, false, 'once', 'right', TIMESTAMP '2023-12-31 23:59:59', DATE '2023-12-31')
  ) v(x, i, yes, t, u, moment, born)`;

const wider: Readonly<Record<string, Record<string, string | number | boolean>>> = {
  impute: { flag: true },
  oneHot: { other: "level", rare: 5 },
  dateParts: { parts: "month dayOfWeek hour year" },
  minMax: { clip: true },
  hash: { buckets: 16 },
  polynomial: { degree: 3 },
};

function inputsFor({ inputs }: AnyFeature): string[][] {
  const byKind: Readonly<Record<string, readonly string[]>> = {
    real: ["x", "i"],
    text: ["t", "u"],
    timestamp: ["moment"],
    date: ["born"],
    bool: ["yes"],
    int64: ["i"],
  };
  const families = Object.keys(byKind).filter(
    (kind) => (inputs.types as readonly string[]).includes(kind) && byKind[kind]!.length >= inputs.min,
  );
  return families.map((kind) => byKind[kind]!.slice(0, Math.max(inputs.min, Math.min(inputs.max, 1))));
}

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
        params: forInput(name, inputs, params),
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

/** A period is for numbers, a part for dates. */
function forInput(
  name: string,
  [input]: readonly string[],
  params: Record<string, string | number | boolean>,
): Record<string, string | number | boolean> {
  if (name === "cyclic")
    return input === "moment" ? { part: "hour" } : input === "born" ? { part: "month" } : { period: 12 };
  if (name === "dateParts" && input === "born" && params["parts"] === undefined) return { parts: "month dayOfWeek" };
  return params;
}
