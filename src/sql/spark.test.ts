import { expect, test } from "vitest";
import { call, col, lit } from "../expr/expr.js";
import type { Relation } from "../expr/relation.js";
import { exprSql } from "./expr.js";
import { toSql } from "./relation.js";
import { sparkDialect } from "./spark.js";

// What the formulas mean is tested on a server: test/spark/.

test("values are written so that Spark reads them back", () => {
  const { literal, quote } = sparkDialect;
  expect(literal("it's a \\ and a \0" + "7")).toBe("'it\\'s a \\\\ and a \\u00007'");
  expect(literal("\x24{spark.home} :name -- x")).toBe(`'\${spark.home} :name -- x'`);
  expect([0, -1, 2 ** 53 - 1, -(2n ** 63n)].map(literal)).toEqual([
    "0L",
    "(-1L)",
    "9007199254740991L",
    "(-9223372036854775808L)",
  ]);
  expect([0.5, -0, 1e300, -5e-324, 2 ** 53].map(literal)).toEqual([
    "0.5D",
    "(-0D)",
    "1e300D",
    "(-5e-324D)",
    "9007199254740992D",
  ]);
  expect([Number.NaN, -Infinity].map(literal)).toEqual(["double('NaN')", "double('-Infinity')"]);
  expect([null, true, new Uint8Array([0, 255])].map(literal)).toEqual(["NULL", "TRUE", "X'00ff'"]);
  expect([{ days: -3 }, { micros: -5n }].map(literal)).toEqual([
    "date_from_unix_date(-3)",
    "CAST(timestamp_micros((-5L)) AS TIMESTAMP_NTZ)",
  ]);
  expect(quote("a`b")).toBe("`a``b`");
});

test("a formula names its column once for each time that Spark computes it", () => {
  const schema = { columns: [{ name: "x", type: { kind: "real" } }] } as const;
  const missing = call("when", call("isNan", col("x")), lit(null), col("x"));
  expect(exprSql(missing, sparkDialect, schema)).toBe("nullif((`x` + (-0D)), double('NaN'))");
  const lowered = exprSql(call("lower", call("lower", call("lower", call("toText", col("x"))))), sparkDialect, schema);
  expect(lowered.split("`x`").length - 1).toBeLessThan(60); // 4^3 times as many as in toText(x) where each level names its own
});

test("no formula over sorted and limited rows is moved below their limit", () => {
  const schema = { columns: [{ name: "x", type: { kind: "real" } }] } as const;
  const sorted: Relation = {
    kind: "sort",
    from: { kind: "sql", text: "SELECT x FROM rows", schema },
    by: [{ expr: col("x") }],
  };
  const first: Relation = { kind: "limit", from: sorted, rows: 10 };
  const doubled: Relation = {
    kind: "project",
    from: { kind: "project", from: first, columns: { x: col("x") } },
    columns: { y: call("add", col("x"), col("x")) },
  };
  const counted: Relation = { kind: "aggregate", from: first, by: {}, columns: { n: { agg: "count", arg: col("x") } } };
  for (const relation of [doubled, counted])
    expect(toSql(relation, sparkDialect)).toMatch(/LIMIT 10\) AS t WHERE spark_partition_id\(\) >= 0/);
  expect(toSql(first, sparkDialect)).not.toContain("spark_partition_id");
});
