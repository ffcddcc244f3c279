import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Row, Schema, Value } from "../../src/base/schema.js";
import { int64, real, text } from "../../src/base/schema.js";
import { rowHash } from "../../src/base/seeds.js";
import type { SparkSession } from "../../src/engines/spark/connection/session.js";
import { type Frame, sql } from "../../src/engines/spark/frames/plan.js";
import { compile } from "../../src/expr/evaluate.js";
import { call, col, type DecisionTree, type Expr, lit } from "../../src/expr/expr.js";
import type { Aggregate, Relation, ScanRelation } from "../../src/expr/relation.js";
import { packSlots } from "../../src/expr/slots.js";
import { toSql } from "../../src/sql/relation.js";
import { sparkDialect } from "../../src/sql/spark.js";
import { compared } from "../support/equality.js";
import { lookupRows, lookupSchema, lookups } from "../support/lookups.js";
import { needs } from "../support/needs.js";
import { openSpark, sparkRows } from "../support/spark.js";

const stored = { int64: "BIGINT", real: "DOUBLE", text: "STRING", bool: "BOOLEAN" } as const;

/** Rows as a frame; the row at place i is row `rowOf(i)` of file i mod 3. */
function frameOf({ columns }: Schema, rows: readonly Row[], rowOf = (i: number): number => i): Frame {
  const cell = (value: Value): string => sparkDialect.literal(value);
  const tuples = rows.map(
    (row, i) => `(${[i % 3, `${rowOf(i)}L`, ...columns.map(({ name }) => cell(row[name]!))].join(", ")})`,
  );
  const casts = columns.map(({ name, type }, i) => `CAST(c${i} AS ${stored[type.kind as "real"]}) AS ${name}`);
  return sql(
    `SELECT ${["CAST(f AS INT) AS __file", "r AS __row", ...casts].join(", ")} FROM VALUES ${tuples.join(", ")} AS t(${["f", "r", ...columns.map((_, i) => `c${i}`)].join(", ")})`,
  );
}
const scanOf = (schema: Schema, part?: ScanRelation["part"]): ScanRelation => ({
  kind: "scan",
  scan: {
    format: "spark",
    name: "frame_0",
    read: { kind: "table", table: "none" },
    files: [],
    schema,
    identity: "row",
    assumed: [],
  },
  ...(part ? { part } : {}),
});

needs.spark()("spark", () => {
  let session: SparkSession;
  beforeAll(async () => {
    session = await openSpark();
    // Else Spark computes formulas over a local table while it plans, by other code than it runs on a cluster.
    await session.configure({
      "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.ConvertToLocalRelation",
    });
  });
  afterAll(() => session?.close());
  const rowsOf = (relation: Relation, frame: Frame): Promise<Row[]> =>
    sparkRows(session, toSql(relation, sparkDialect), { frame_0: frame });

  test.each(Object.entries(lookups))("looks up %s as the evaluator does", async (_, lookup) => {
    const step = compile(lookup, lookupSchema);
    const from: Relation = { kind: "sort", from: scanOf(lookupSchema), by: [{ expr: col("i") }] };
    const schema = { columns: [{ name: "i", type: int64 }, ...lookupSchema.columns] };
    const rows = lookupRows.map((row, i) => ({ i, ...row }));
    const found = await rowsOf(
      { kind: "project", from: { ...from, from: scanOf(schema) }, columns: { found: lookup } },
      frameOf(schema, rows),
    );
    expect(found.map(({ found }) => found)).toEqual(lookupRows.map((row) => step(row)));
    compared("relation", "lookup", 0);
  });

  const schema: Schema = {
    columns: [
      { name: "n", type: int64 },
      { name: "x", type: real },
      { name: "s", type: text },
    ],
  };
  const big = 9_223_372_036_854_775_807n;
  const odd = [null, Number.NaN, Infinity, -Infinity, 0, -0];
  const rows: Row[] = Array.from({ length: 60 }, (_, i) => ({
    n: i % 7 === 0 ? null : i % 11 === 0 ? big : i % 13 === 0 ? -big - 1n : i * 1_000_003 - 2 ** 40,
    x: i < odd.length ? odd[i]! : ((i * 7919) % 97) / 7 - 6,
    s: i % 5 === 0 ? null : `k${i % 4}`,
  }));

  describe("hashes rows", () => {
    const far = (i: number): number => i * 1_234_567_891;
    const hash = (seed: number): Expr => ({ kind: "rowHash", seed });
    const seeds = [0, 7, -1];

    test("as everywhere, beyond 2^32 rows too", async () => {
      const columns = { n: col("n"), ...Object.fromEntries(seeds.map((seed) => [`h${seed}`, hash(seed)])) };
      const relation: Relation = {
        kind: "project",
        from: { kind: "filter", from: scanOf(schema), where: call("lt", hash(7), lit(2 ** 31)) },
        columns,
      };
      const found = await rowsOf(relation, frameOf(schema, rows, far));
      const expected = rows
        .map((row, i) => ({
          n: row["n"]!,
          ...Object.fromEntries(seeds.map((seed) => [`h${seed}`, rowHash(i % 3, far(i), seed)])),
        }))
        .filter((row) => (row as unknown as { h7: number }).h7 < 2 ** 31);
      expect(expected.length).toBeGreaterThan(10);
      expect(found).toEqual(expected);
      compared("relation", "row hash", 0);
    });

    test("without a formula of all its steps in each condition", async () => {
      const conditions = seeds.map((seed) => call("lt", hash(seed), lit(2 ** 31)));
      const query = toSql(
        { kind: "filter", from: scanOf(schema), where: call("or", ...conditions, ...conditions) },
        sparkDialect,
      );
      const [plan] = await sparkRows(session, `EXPLAIN ${query}`, { frame_0: frameOf(schema, rows.slice(0, 3)) });
      expect(String(plan!["plan"]).length).toBeLessThan(20_000); // 40,000 where the filter is pushed down
    });

    test("of a part of a file", async () => {
      const part = { file: 1, from: 10, to: 40 };
      for (const columns of [{ x: col("x") }, { x: col("x"), h: hash(3) }] as Record<string, Expr>[]) {
        const found = await rowsOf({ kind: "project", from: scanOf(schema, part), columns }, frameOf(schema, rows));
        const kept = rows.map((row, i) => ({ row, i })).filter(({ i }) => i % 3 === 1 && i >= 10 && i < 40);
        expect(found.map(({ x }) => x)).toEqual(kept.map(({ row }) => row["x"]));
      }
    });
  });

  describe("aggregates", () => {
    const finite = rows.map(({ x }) => x).filter((x): x is number => typeof x === "number" && Number.isFinite(x));
    const fixed = (scale: number): bigint => finite.reduce((sum, x) => sum + BigInt(Math.floor(x * 2 ** scale)), 0n);
    const one = async (aggregate: Aggregate, of = rows): Promise<Value> => {
      const relation: Relation = { kind: "aggregate", from: scanOf(schema), by: {}, columns: { of: aggregate } };
      const [row] = await rowsOf(relation, frameOf(schema, of.length > 0 ? of : rows));
      return row!["of"]!;
    };

    test("integers beyond 64 bits without rounding", async () => {
      const whole = rows.map(({ n }) => n).filter((n) => n !== null);
      const sum = whole.reduce((total: bigint, n) => total + BigInt(n as number), 0n);
      expect(await one({ agg: "sum", arg: col("n") })).toBe(sum);
      const all: Aggregate = { agg: "sum", arg: call("when", call("gt", col("n"), lit(big)), lit(1)) };
      expect(await one(all)).toBe(0n);
      compared("relation", "sum of integers", 0);
    });

    test.each([
      ["in 62 bits", 50, 20],
      ["in more bits", 90, undefined],
      ["of large units", -3, 20],
    ])("real numbers exactly, without those that are not finite: %s", async (_, scale, largest) => {
      const aggregate: Aggregate = {
        agg: "fixedSum",
        arg: col("x"),
        scale,
        ...(largest === undefined ? {} : { largest }),
      };
      expect(await one(aggregate)).toBe(fixed(scale));
      compared("relation", "exact sum of reals", 0);
    });

    test("counts and extremes", async () => {
      expect(await one({ agg: "count" })).toBe(60);
      expect(await one({ agg: "count", arg: col("x") })).toBe(59);
      expect(await one({ agg: "max", arg: col("x") })).toBeNaN();
      expect(await one({ agg: "min", arg: col("x") })).toBe(-Infinity);
      expect(await one({ agg: "countDistinct", arg: col("x") })).toBe(
        new Set(rows.map(({ x }) => x).filter((x) => x !== null)).size,
      );
      expect(await one({ agg: "countDistinct", arg: col("s") })).toBe(4);
      expect(await one({ agg: "approxDistinct", arg: col("s") })).toBe(4);
      compared("relation", "count, least, greatest", 0);
    });

    test("samples with their missing values, and none as an empty list", async () => {
      const sample = (where: Expr): Aggregate => ({ agg: "sample", args: [col("n"), col("s")], where });
      const found = (await one(sample(call("gt", col("x"), lit(1e6))))) as unknown as Value[][];
      const expected = rows.filter(({ x }) => (x as number) > 1e6 || Number.isNaN(x)).map(({ n, s }) => [n, s]);
      expect(found).toEqual(expected);
      expect(await one(sample(call("eq", col("x"), lit(1e9))))).toEqual([]);
      compared("relation", "sample", 0);
    });

    test("by groups, sorted, with names that differ by capitals", async () => {
      const relation: Relation = {
        kind: "sort",
        from: {
          kind: "aggregate",
          from: scanOf(schema),
          by: { s: col("s"), S: call("upper", col("s")) },
          columns: { rows: { agg: "count" } },
        },
        by: [{ expr: col("S"), descending: true }],
      };
      const found = await rowsOf(relation, frameOf(schema, rows));
      expect(found.map((row) => Object.keys(row))[0]).toEqual(["s", "S", "rows"]);
      expect(found.map(({ S, rows }) => [S, rows])).toEqual([
        ["K3", 12],
        ["K2", 12],
        ["K1", 12],
        ["K0", 12],
        [null, 12],
      ]);
      compared("relation", "groups", 0);
    });
  });

  test("computes in the width of our types, whatever a column is stored in", async () => {
    const stored: Schema = {
      columns: [
        { name: "f", type: real },
        { name: "d", type: { kind: "decimal", precision: 10, scale: 2 } },
        { name: "i", type: int64 },
        { name: "t", type: { kind: "timestamp", utc: true } },
      ],
    };
    const frame = sql(
      "SELECT CAST(0.1 AS FLOAT) AS f, CAST(1.25 AS DECIMAL(10, 2)) AS d, 2147483647 AS i, TIMESTAMP '2024-03-05 10:20:30.5' AS t, 0 AS __file, 0L AS __row",
    );
    const columns: Record<string, Expr> = {
      sum: call("add", col("i"), lit(1)),
      mixed: call("mul", call("toFloat32", col("f")), col("i")),
      same: call("eq", col("f"), lit(0.1)),
      near: call("eq", col("f"), lit(Math.fround(0.1))),
      twice: call("mul", col("d"), lit(2)),
      text: call("concat", call("toText", col("t")), lit(" "), call("toText", col("d"))),
      hour: call("hour", col("t")),
      pair: call("coalesce", col("i"), col("f")),
      exact: call("in", col("i"), lit(2 ** 31), lit(2 ** 31 - 1)),
    };
    const project: Relation = { kind: "project", from: scanOf(stored), columns };
    const again = Object.fromEntries(Object.keys(columns).map((name) => [name, col(name)]));
    for (const relation of [project, { kind: "project", from: project, columns: again } as const])
      expect(await rowsOf(relation, frame)).toEqual([
        {
          sum: 2 ** 31,
          mixed: Math.fround(0.1) * (2 ** 31 - 1),
          same: false,
          near: true,
          twice: 2.5,
          text: "2024-03-05 10:20:30.5 1.25",
          hour: 10,
          pair: 2 ** 31 - 1,
          exact: true,
        },
      ]);
  });

  test("takes a query in SQL for a table, its columns' types known or not", async () => {
    const text = `SELECT id AS a, id / 2 AS b, concat('\${a}', id) AS c FROM range(3) -- the end;`;
    const columns: Record<string, Expr> = {
      sum: call("add", col("a"), col("b")),
      whole: call("mul", col("a"), lit(3)),
      share: call("div", col("a"), col("b")),
      word: call("upper", col("c")),
      number: call("toReal", col("b")),
    };
    const known: Schema = {
      columns: [
        { name: "a", type: int64 },
        { name: "b", type: real },
        { name: "c", type: { kind: "text" } },
      ],
    };
    const expected = [0, 1, 2].map((a) => ({
      sum: a + a / 2,
      whole: a * 3,
      share: a === 0 ? null : 2,
      word: `\${A}${a}`,
      number: a / 2,
    }));
    for (const from of [{ kind: "sql", text } as const, { kind: "sql", text, schema: known } as const])
      expect(await sparkRows(session, toSql({ kind: "project", from, columns }, sparkDialect))).toEqual(expected);
  });

  describe("adds up", () => {
    const inputs: Schema = {
      columns: [
        { name: "a", type: real },
        { name: "b", type: real },
        { name: "code", type: int64 },
      ],
    };
    const given: Row[] = Array.from({ length: 200 }, (_, i) => ({
      a: i % 9 === 0 ? null : i % 10 === 0 ? Number.NaN : ((i * 37) % 50) / 10,
      b: i % 8 === 0 ? null : i % 15 === 0 ? -Infinity : ((i * 53) % 70) / 10 - 3,
      code: i % 12 === 0 ? null : (i * 11) % 150,
    }));
    const tree = (t: number): DecisionTree => ({
      feature: [0, 1, 2, 2],
      test: [
        (t % 40) / 10 + 0.5,
        (t % 13) / 3 - 1,
        [t % 5, 7 + (t % 50), 64, 120],
        [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144],
      ],
      missingLeft: [t % 2 === 0, t % 3 === 0, t % 5 === 0, t % 7 === 0],
      left: [1, 2, -1, -4],
      right: [3, -3, -2, -5],
      value: [0.1 * t, -0.3 / (t + 1), 1 / (t + 3), -1e-9 * t, 1e9 / (t + 7)],
    });

    test("300 trees in their order, to the last bit", async () => {
      const none: DecisionTree = { feature: [], test: [], missingLeft: [], left: [], right: [], value: [0.7] };
      const trees: Expr = {
        kind: "trees",
        inputs: [col("a"), call("sub", col("b"), lit(0.5)), col("code")],
        base: -0.1,
        trees: [none, ...Array.from({ length: 300 }, (_, t) => tree(t))],
      };
      const step = compile(trees, inputs);
      const found = await rowsOf(
        { kind: "project", from: scanOf(inputs), columns: { sum: trees } },
        frameOf(inputs, given),
      );
      expect(found.map(({ sum }) => sum)).toEqual(given.map((row) => step(row)));
      compared("relation", "trees", 0);
    });

    test("hashed weights in the order of their slots, and refuses a table that is too large for SQL", async () => {
      const weights = Float32Array.from({ length: 1024 }, (_, i) => (i % 3 === 0 ? 0 : (i - 500) / 7));
      const slot = (of: Expr, seed: number): Expr => call("slotOf", of, lit(seed), lit(11));
      const weigh: Expr = {
        kind: "weigh",
        slots: [slot(col("code"), 3), slot(call("hash31", call("toText", col("code"))), 77), col("code"), lit(5000)],
        table: packSlots(weights),
      };
      const step = compile(weigh, inputs);
      const relation: Relation = { kind: "project", from: scanOf(inputs), columns: { sum: weigh } };
      const found = await rowsOf(relation, frameOf(inputs, given));
      expect(found.map(({ sum }) => sum)).toEqual(given.map((row) => step(row)));
      compared("relation", "hashed weights", 0);
      const large = { ...weigh, table: packSlots(new Float32Array(100_001).fill(1)) };
      expect(() => toSql({ ...relation, columns: { large } }, sparkDialect)).toThrow(/100001 hashed weights/);
    });
  });
});
