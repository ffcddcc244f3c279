import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { date, int64, real, text, timestamp } from "../base/schema.js";
import { mix32 } from "../base/seeds.js";
import type { ParquetScan } from "../sources/scan.js";
import { sampleCounts } from "./profile/sample.js";
import { profile, sampleError } from "./profile.js";
import { type TestTables, testTables } from "./testing.js";

const columns = { x: real, id: int64, t: text, day: date, gap: real };
const query = `SELECT (k * 7919 % 20000) / 100.0 AS x, k AS id, CASE WHEN k % 4 = 0 THEN 'often' ELSE 't' || (k % 7) END AS t,
    DATE '2024-01-01' + (k % 100)::INT AS day, CASE WHEN k % 5 = 0 THEN k END::DOUBLE AS gap
  FROM range(20000) r(k)`;

describe("profile", () => {
  let tables: TestTables;
  let scan: ParquetScan;
  beforeAll(async () => {
    tables = await testTables();
    scan = (await tables.table("rows", columns, query)).scan;
  });
  afterAll(() => tables[Symbol.asyncDispose]());
  const named = (found: Awaited<ReturnType<typeof profile>>) =>
    Object.fromEntries(found.columns.map((column) => [column.name, column]));

  test("of a small source looks at all rows", async () => {
    const found = await profile(tables.engine, scan);
    expect(found).toMatchObject({ rows: 20_000, setAside: 0, exact: true, sample: { rows: 20_000, error: 0 } });
    const { x, id, t, day, gap } = named(found);
    expect(x).toMatchObject({ type: "real", missing: 0, distinct: 20_000, min: 0, max: 199.99, top: [] });
    expect(x!.mean).toBeCloseTo(99.995, 9);
    expect(x!.quantiles.find(({ at }) => at === 0.5)!.value).toBeCloseTo(99.995, 9);
    expect(id).toMatchObject({ min: 0, max: 19_999, distinct: 20_000 });
    expect(t!.top[0]).toEqual({ value: "often", share: 0.25 });
    expect(t).toMatchObject({ distinct: 8, mean: null, quantiles: [], histogram: null });
    expect(day).toMatchObject({ distinct: 100, min: "2024-01-01", max: "2024-04-09", mean: null });
    expect(gap).toMatchObject({ missing: 16_000 });
  });

  test("tells decimals apart that are one double", async () => {
    const decimal = { kind: "decimal", precision: 20, scale: 0 } as const;
    const table = await tables.table(
      "wide",
      { id: decimal },
      "SELECT (9223372036854775808::HUGEINT + k)::UBIGINT AS id FROM range(3000) r(k)",
    );
    const [all, sampled, exact] = [
      await profile(tables.engine, table.scan),
      await profile(tables.engine, table.scan, { sampleRows: 1000 }),
      await profile(tables.engine, table.scan, { sampleRows: 1000, exact: true }),
    ];
    expect(named(all)["id"]).toMatchObject({ distinct: 3000, top: [], missing: 0 });
    expect(named(exact)["id"]!.distinct).toBe(3000);
    expect(named(sampled)["id"]!.distinct).toBeGreaterThan(2000); // an estimate
  });

  test("counts NaN as missing, as learning does, from all rows and from a sample", async () => {
    const { scan: mixed } = await tables.table(
      "nan",
      { x: real, y: real },
      "SELECT CASE WHEN k % 4 = 0 THEN 'nan'::DOUBLE WHEN k % 4 = 1 THEN NULL ELSE k % 10 END AS x, 'nan'::DOUBLE AS y FROM range(20000) r(k)",
    );
    for (const options of [{}, { sampleRows: 2000 }, { sampleRows: 2000, exact: true }]) {
      const { x, y } = named(await profile(tables.engine, mixed, options));
      expect(x).toMatchObject({ missing: 10_000, min: 0, max: 9, distinct: 10 });
      expect(x!.mean).toBeCloseTo(4.5, options.sampleRows && !("exact" in options) ? 0 : 9);
      expect(x!.top.map(({ value }) => value)).not.toContain("NaN");
      expect(y).toMatchObject({ missing: 20_000, min: null, max: null, distinct: 0, top: [] });
    }
  });

  test("of a large source takes a seeded sample of the stated size and error", async () => {
    const found = await profile(tables.engine, scan, { sampleRows: 2000, seed: 5 });
    expect(found.exact).toBe(false);
    expect(Math.abs(found.sample.rows - 2000)).toBeLessThan(170); // four deviations of a binomial count
    expect(found.sample.error).toBeCloseTo(Math.sqrt(Math.log(40) / (2 * found.sample.rows)), 12);
    const { x, t, id } = named(found);
    for (const { at, value } of x!.quantiles)
      expect(Math.abs(Number(value) / 200 - at)).toBeLessThan(found.sample.error);
    expect(Math.abs(t!.top[0]!.share - 0.25)).toBeLessThan(found.sample.error);
    expect([x!.min, x!.max, x!.missing]).toEqual([0, 199.99, 0]);
    expect(t!.distinct).toBe(8);
    expect(id!.distinct / 20_000).toBeGreaterThan(0.7); // DuckDB's estimate is off by some 10 %
    expect(await profile(tables.engine, scan, { sampleRows: 2000, seed: 5 })).toEqual(found);
  });

  test("gives exact figures when asked, the same as from all rows", async () => {
    const [exact, all] = [
      await profile(tables.engine, scan, { sampleRows: 2000, exact: true }),
      await profile(tables.engine, scan),
    ];
    for (const [i, column] of exact.columns.entries()) {
      const other = all.columns[i]!;
      expect(column).toMatchObject({
        name: other.name,
        missing: other.missing,
        distinct: other.distinct,
        quantiles: other.quantiles,
      });
      if (other.mean !== null) expect(column.mean).toBeCloseTo(other.mean, 9); // one is summed in doubles
    }
    expect(named(exact)["t"]!.top).toEqual(named(all)["t"]!.top);
  });

  test("goes on in blocks of columns", async () => {
    expect(await profile(tables.engine, scan, { blockColumns: 2 })).toEqual(await profile(tables.engine, scan));
  });

  test("has nothing to say of no rows", async () => {
    const empty = (await tables.table("empty", columns, `SELECT * FROM (${query}) WHERE id < 0`)).scan;
    expect(await profile(tables.engine, empty)).toMatchObject({
      rows: 0,
      columns: [{ name: "x", missing: 0, distinct: 0, min: null, mean: null }, {}, {}, {}, {}],
    });
  });
});

test("sampleError is the bound of Dvoretzky, Kiefer, Wolfowitz and Massart", () => {
  expect(sampleError(50_000, 1e7)).toBeCloseTo(0.00607, 5);
  expect(sampleError(100, 100)).toBe(0);
});

test("sampleCounts knows columns whose values a sample will show often", () => {
  const draw = (values: number): string[] => Array.from({ length: 2000 }, (_, k) => String(mix32(k) % values));
  expect([10, 1000, 4000].map((values) => sampleCounts(draw(values), 100_000))).toEqual([true, true, true]);
  expect([50_000, 1e6].map((values) => sampleCounts(draw(values), 100_000))).toEqual([false, false]);
  // a long tail behind a few frequent values
  const tail = Array.from({ length: 2000 }, (_, k) => String(k % 2 === 0 ? k % 10 : mix32(k) % 2000));
  expect(sampleCounts(tail, 100_000)).toBe(false);
});

describe("profile of values that differ in their last digits", () => {
  let tables: TestTables;
  beforeAll(async () => {
    tables = await testTables();
  });
  afterAll(() => tables[Symbol.asyncDispose]());

  test("tells times apart that share a millisecond, to the microsecond and without a zone", async () => {
    const { scan } = await tables.table(
      "times",
      { t: timestamp },
      "SELECT TIMESTAMP '2024-01-01 10:00:00' + k * INTERVAL 1 MICROSECOND AS t FROM range(50) r(k)",
    );
    const [t] = (await profile(tables.engine, scan)).columns;
    expect(t).toMatchObject({ distinct: 50, min: "2024-01-01 10:00:00", max: "2024-01-01 10:00:00.000049" });
  });

  test.each([1_000_000_000_000_000n, 4_000_000_000_000_000n, 1_000_000_000_000_000_000n])(
    "has the mean and deviation of numbers from %s on",
    async (from) => {
      const { scan } = await tables.table(
        `from ${from}`,
        { id: int64 },
        `SELECT ${from} + k AS id FROM range(400) r(k)`,
      );
      const [id] = (await profile(tables.engine, scan)).columns;
      expect(id!.mean).toBe(Number(from) + 199.5);
      expect(id!.deviation).toBeCloseTo(Math.sqrt((400 ** 2 - 1) / 12), 6);
    },
  );

  test("names infinite values that stand often", async () => {
    const { scan } = await tables.table("ends", { x: real }, "SELECT 'inf'::DOUBLE AS x FROM range(3) r(k)");
    expect((await profile(tables.engine, scan)).columns[0]!.top).toEqual([{ value: "Infinity", share: 1 }]);
  });
});
