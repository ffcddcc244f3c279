import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { real, text } from "../base/schema.js";
import { col } from "../expr/expr.js";
import type { Relation } from "../expr/relation.js";
import type { Answer, Question } from "./contract.js";
import { fixedMean, fixedScale } from "./statistics/fixed.js";
import { quantileOf } from "./statistics/quantiles.js";
import { answer, keyOf } from "./statistics.js";
import { type TestTables, testTables } from "./testing.js";

const [x, t] = [col("x"), col("t")];

describe("answer", () => {
  let tables: TestTables;
  beforeAll(async () => {
    tables = await testTables();
  });
  afterAll(() => tables[Symbol.asyncDispose]());
  const ask = (relation: Relation, questions: Question[], options: object = {}): Promise<Answer[]> =>
    answer(questions, { engine: tables.engine, relation, seed: 1, ...options });

  test("counts, ranges, means and deviations, leaving out what is missing or NaN", async () => {
    const relation = await tables.table(
      "five",
      { x: real },
      "SELECT unnest([1.0, 2.0, NULL, 3.0, 10.0, 'NaN'::DOUBLE]) AS x",
    );
    const asked = (["count", "missing", "mean", "deviation"] as const).map((ask) => ({ ask, of: x }));
    const [count, missing, mean, deviation] = await ask(relation, asked);
    expect([count, missing, mean]).toEqual([5, 1, 4]);
    expect(deviation).toBeCloseTo(Math.sqrt((9 + 4 + 1 + 36) / 4), 14); // the root of an exact sum
  });

  test("keeps the deviation of small numbers far from zero", async () => {
    const relation = await tables.table("far", { x: real }, "SELECT 1e9 + i * 0.25 AS x FROM range(5) r(i)");
    const [mean, deviation] = await ask(relation, [
      { ask: "mean", of: x },
      { ask: "deviation", of: x },
    ]);
    expect(mean).toBe(1e9 + 0.5);
    expect(deviation).toBeCloseTo(0.25 * Math.SQRT2, 12);
  });

  test("gives the same bits whatever the order of the rows and the number of threads", async () => {
    const make = (name: string, order: string) =>
      tables.table(
        name,
        { x: real, t: text },
        `SELECT (i * 7919 % 100003) / 7.0 AS x, 'v' || (i % 13) AS t FROM range(200000) r(i) ORDER BY ${order}`,
      );
    const asked: Question[] = [
      { ask: "mean", of: x },
      { ask: "deviation", of: x },
      { ask: "quantiles", of: x, at: [0.1, 0.5] },
      { ask: "values", of: t, limit: 5 },
    ];
    const everything = { sampleRows: 1e9 };
    const straight = await ask(await make("straight", "i"), asked, everything);
    await using single = await testTables(1);
    const shuffled = await answer(asked, {
      engine: single.engine,
      relation: await make("shuffled", "hash(i)"),
      seed: 1,
      ...everything,
    });
    expect(shuffled).toEqual(straight);
  });

  test("refuses the mean of a column with an infinite value by name", async () => {
    const relation = await tables.table("infinite", { x: real }, "SELECT unnest([1.0, 'infinity'::DOUBLE]) AS x");
    await expect(ask(relation, [{ ask: "mean", of: x }])).rejects.toMatchObject({
      code: "not_finite",
      message: expect.stringContaining("x has a value that is infinite"),
    });
  });

  test("takes quantiles of a large table from a seeded sample of the stated size", async () => {
    const relation = await tables.table("many", { x: real }, "SELECT i / 40000 AS x FROM range(40000) r(i)");
    const asked: Question[] = [{ ask: "quantiles", of: x, at: [0.25, 0.5, 0.9] }];
    const found = (await ask(relation, asked, { sampleRows: 2000 }))[0] as readonly number[];
    // Dvoretzky, Kiefer and Wolfowitz: 2,000 rows are off by less than 0.043 with probability 0.999
    for (const [i, at] of [0.25, 0.5, 0.9].entries()) expect(Math.abs(found[i]! - at)).toBeLessThan(0.043);
    expect(await ask(relation, asked, { sampleRows: 2000 })).toEqual([found]);
    expect(await ask(relation, asked, { sampleRows: 2000, seed: 2 })).not.toEqual([found]);
  });

  test("lists top values with ties in byte order, the same packed as alone", async () => {
    const relation = await tables.table(
      "tops",
      { x: real, t: text },
      "SELECT unnest(['b', 'a', 'é', 'z', 'z', NULL]) AS t, unnest([1.0, 1.0, 1.0, 2.0, 2.0, 2.0]) AS x",
    );
    const values = { ask: "values", of: t, limit: 3 } as const;
    const [alone] = await ask(relation, [values]);
    const [packed, numbers] = await ask(relation, [values, { ask: "values", of: x, limit: 1 }]);
    expect(alone).toEqual([
      { value: "z", count: 2 },
      { value: "a", count: 1 },
      { value: "b", count: 1 },
    ]);
    expect(packed).toEqual(alone);
    expect(numbers).toEqual([{ value: 1, count: 3 }]);
  });

  test("has null for a column without a value", async () => {
    const relation = await tables.table("none", { x: real }, "SELECT NULL::DOUBLE AS x FROM range(3)");
    expect(
      await ask(relation, [
        { ask: "mean", of: x },
        { ask: "deviation", of: x },
        { ask: "quantiles", of: x, at: [0.5] },
        { ask: "min", of: x },
      ]),
    ).toEqual([null, null, null, null]);
  });
});

test("answer asks equal questions once, in blocks of columns", async () => {
  const queries: number[] = [];
  const engine = {
    rows: async (relation: Relation) => {
      const columns = relation.kind === "aggregate" ? Object.keys(relation.columns) : [];
      queries.push(columns.length);
      return [Object.fromEntries(columns.map((name) => [name, 1]))];
    },
    batches: () => {
      throw new Error("not asked for");
    },
  };
  const questions = Array.from({ length: 500 }, (_, i) => ({ ask: "min", of: col(`c${i}`) }) as const);
  const known = new Map<string, Answer>([[keyOf({ ask: "max", of: col("c0") }), 7]]);
  const relation: Relation = { kind: "sql", text: "" };
  const answers = await answer([...questions, ...questions, { ask: "max", of: col("c0") }], {
    engine,
    relation,
    seed: 1,
    blockColumns: 200,
    known,
  });
  expect(queries).toEqual([201, 201, 101]); // one more for the rows
  expect(answers).toHaveLength(1001);
  expect(answers[1000]).toBe(7);
});

describe("fixed point", () => {
  test.each([1e-250, 0.1, 1, 2 ** 52 + 1, 1e300])("holds %d in at most 62 bits and gives it back", (largest) => {
    const scale = fixedScale(largest);
    const steps = BigInt(Math.floor(largest * 2 ** scale));
    expect(steps < 2n ** 62n).toBe(true);
    expect(Math.abs(fixedMean(steps * 3n, scale, 3) / largest - 1)).toBeLessThan(2 ** -50); // one double and one step
  });
});

test("quantileOf lies between order statistics as NumPy has it", () => {
  expect([0, 0.25, 0.5, 0.9, 1].map((at) => quantileOf([1, 2, 4, 8], at))).toEqual(
    [1, 1.75, 3, 6.8, 8].map((value) => expect.closeTo(value, 12)),
  );
});
