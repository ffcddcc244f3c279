import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { real, type Schema, text, timestamp } from "../base/schema.js";
import { call, col, lit } from "../expr/expr.js";
import type { Relation } from "../expr/relation.js";
import { type LeakOptions, leakWarnings } from "./leak.js";
import { type TestTables, testTables } from "./testing.js";

const columns = {
  y: real,
  copy: real,
  fair: real,
  code: text,
  third: text,
  word: text,
  gone: timestamp,
  came: timestamp,
  seen: timestamp,
};
/** y is 0 .. 99; copy nearly is y, fair half follows it, code says whether y > 70, third is its third, word tells nothing and rarely repeats. */
const query = `SELECT (k * 37 % 100)::DOUBLE AS y, y * 2 + (k % 3) / 10.0 AS copy, y + (k * 61 % 97) AS fair,
    CASE WHEN y > 70 THEN 'x' || k % 2 END AS code, 't' || floor(y / 34)::INT AS third, 'w' || (hash(k) % 5000) AS word,
    TIMESTAMP '2024-01-01' + INTERVAL (k) MINUTE AS gone, gone + INTERVAL (30 + k % 7) MINUTE AS came,
    gone + INTERVAL (k % 9 - 4) MINUTE AS seen
  FROM range(6000) r(k)`;

describe("leakWarnings", () => {
  let tables: TestTables;
  let relation: Relation;
  const schema: Schema = { columns: Object.entries(columns).map(([name, type]) => ({ name, type })) };
  beforeAll(async () => {
    tables = await testTables();
    relation = await tables.table("rows", columns, query);
  });
  afterAll(() => tables[Symbol.asyncDispose]());
  const warn = async (options: Pick<LeakOptions, "label" | "task"> & Partial<LeakOptions>): Promise<string[]> => {
    const all = {
      engine: tables.engine,
      relation,
      schema,
      seed: 1,
      columns: ["copy", "fair", "code", "word"],
      ...options,
    };
    return (await leakWarnings(all)).map(({ message }) => message);
  };
  const late = call("when", call("gt", col("y"), lit(70)), lit(1), lit(0));

  test("name a near-copy of a number, and say how to drop or allow it", async () => {
    const messages = await warn({ label: col("y"), task: "regression" });
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(
      /^"copy" alone explains (99.\d|100.0) % of the label's variance \(3,000 rows\)\..*--drop copy.*--allow-leak copy$/,
    );
  });

  test("name a column that tells a class, also by being missing", async () => {
    const messages = await warn({ label: late, task: "binary", columns: ["code", "word", "fair"] });
    expect(messages).toEqual([
      expect.stringMatching(/^"code" alone tells the label almost surely: AUC 1.0000 on 3,000 rows/),
    ]);
  });

  test("judge several classes by the errors that are left", async () => {
    const three = call("intdiv", col("y"), lit(34));
    expect(await warn({ label: three, task: "multiclass", columns: ["code", "third", "fair"] })).toEqual([
      expect.stringMatching(/^"third" alone .* takes away 100.0 % of the errors/),
    ]);
  });

  test("name a time that always lies after the event", async () => {
    const messages = await warn({ label: late, task: "binary", columns: ["came", "seen", "fair"], time: "gone" });
    expect(messages).toEqual([
      expect.stringMatching(/^"came" always lies after "gone", so it was recorded after the event/),
    ]);
  });

  test("say how to judge a label that follows the time", async () => {
    const trend = call("epochMicros", col("gone"));
    expect(await warn({ label: trend, task: "regression", columns: ["seen", "word"] })).toEqual([
      expect.stringMatching(
        /^"seen" alone explains .*--allow-leak seen\. If it is when the row happened, judge on the latest rows: --time seen --validate time:0\.2$/,
      ),
    ]);
    expect((await warn({ label: trend, task: "regression", columns: ["seen"], time: "gone" })).join()).not.toContain(
      "--time",
    );
  });

  test("keep quiet about columns that are vouched for, and about few rows", async () => {
    expect(await warn({ label: col("y"), task: "regression", allowed: ["copy"] })).toEqual([]);
    expect(
      await warn({ label: col("y"), task: "regression", relation: { kind: "limit", from: relation, rows: 300 } }),
    ).toEqual([]);
  });
});
