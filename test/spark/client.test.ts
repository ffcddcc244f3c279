import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Row, Value } from "../../src/base/schema.js";
import type { SparkSession } from "../../src/engines/spark/connection/session.js";
import { sql } from "../../src/engines/spark/frames/plan.js";
import { needs } from "../support/needs.js";
import { openSpark, rowsFrom, type SparkKind, sparkKinds } from "../support/spark.js";

needs.spark()("a session on a real Spark", () => {
  describe.each(sparkKinds)("with %s streams", (kind) => inSession(kind));
});

function inSession(kind: SparkKind): void {
  let session: SparkSession;
  const rows = (query: string, args: Readonly<Record<string, Value>> = {}): Promise<Row[]> =>
    rowsFrom(session, sql(query, args));
  beforeAll(async () => {
    session = await openSpark(kind);
  });
  afterAll(() => session.close());

  test("says its version", () => expect(session.version).toMatch(/^4\.[12]\./));
  test("gives values of each type as we have them", async () => {
    const query = `SELECT 1 AS whole, 9007199254740993L AS large, CAST('12345678901234567890' AS DECIMAL(38,0)) AS wide, 2.5D AS number,
      CAST(2.5 AS DECIMAL(4,2)) AS decimal, 'ñ🦆' AS text, true AS truth, DATE '1969-12-31' AS day,
      TIMESTAMP_NTZ '2024-01-02 03:04:05.678901' AS stamp, array(1.5D, null) AS list, named_struct('p', 1, 'q', 'z') AS parts, CAST(null AS STRING) AS nothing`;
    expect(await rows(query)).toEqual([
      {
        whole: 1,
        large: 9007199254740993n,
        wide: 12345678901234567890n,
        number: 2.5,
        decimal: 2.5,
        text: "ñ🦆",
        truth: true,
        day: { days: -1 },
        stamp: { micros: 1_704_164_645_678_901n },
        list: [1.5, null],
        parts: [1, "z"],
        nothing: null,
      },
    ]);
  });
  test("takes arguments as values, never as text of the query", async () => {
    const given = {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Spark would put a variable's value there
      text: "it's \\ ${x} \0",
      whole: 7,
      large: 2n ** 60n,
      real: -0.5,
      truth: false,
      day: { days: 19_000 },
      stamp: { micros: -1n },
      list: [1, 2.5],
    };
    const [row] = await rows(
      "SELECT :text AS text, :whole AS whole, :large AS large, :real AS real, :truth AS truth, :day AS day, :stamp AS stamp, :list AS list",
      given,
    );
    expect(row).toEqual(given);
  });
  test("gives every row once, in order, over many batches", async () => {
    const all = await rows("SELECT id FROM range(0, 300000, 1, 4)");
    expect(all.every(({ id }, i) => id === i)).toBe(true);
    expect(all).toHaveLength(300_000);
  });
  test("an empty result has no rows", async () => expect(await rows("SELECT 1 AS a WHERE false")).toEqual([]));

  describe("an error", () => {
    test.each([
      ["SELECT * FROM nowhere", "missing_file", /nowhere/],
      ["SELECT * FROM parquet.`/no/such/path`", "missing_file", /no\/such\/path/],
      ["SELECT nope FROM range(3)", "unknown_column", /nope/],
      ["SELEC 1", "bad_formula", /SELEC|syntax/i],
      ["SELECT no_such_function(1)", "unknown_function", /no_such_function/],
    ])("of %s has our code and Spark's words", async (query, code, words) =>
      expect(rows(query)).rejects.toMatchObject({ code, message: expect.stringMatching(words) }),
    );
    test("after rows have come names the class, and where in the query", async () => {
      let came = 0;
      const reading = (async () => {
        for await (const { responseType } of session.run(sql("SELECT 1 / (id - 200000) FROM range(0, 300000, 1, 60)")))
          if (responseType.case === "arrowBatch") came += Number(responseType.value.rowCount);
      })();
      await expect(reading).rejects.toMatchObject({
        code: "cluster_error",
        message: expect.stringContaining("1 / (id - 200000)"),
        facts: { errorClass: "DIVIDE_BY_ZERO", start: expect.any(Number) },
      });
      expect(came).toBeGreaterThan(0);
      expect(came).toBeLessThanOrEqual(200_000);
    });
    test("leaves the session as it was", async () => expect(await rows("SELECT 1 AS a")).toEqual([{ a: 1 }]));
  });

  const running = "SELECT count(*) AS n FROM range(40000000000) WHERE sqrt(id) = 0.5";
  test("cancelling ends the work on the cluster at once", async () => {
    const stop = new AbortController();
    const asked = rowsFrom(session, sql(running), stop.signal);
    setTimeout(() => stop.abort(new Error("enough")), 700);
    await expect(asked).rejects.toThrow("enough");
    // Were it still running, this would wait for its cores.
    expect(await rows("SELECT count(*) AS n FROM range(1000)")).toEqual([{ n: 1000 }]);
  });
  test("leaving the stream early ends the work too", async () => {
    for await (const _ of session.run(sql("SELECT id FROM range(0, 100000000, 1, 100)"))) break;
    expect(await rows("SELECT 2 AS a")).toEqual([{ a: 2 }]);
  });
  test("two sessions at once do not see each other", async () => {
    await using other = await openSpark(kind);
    await other.configure({ "spark.sql.shuffle.partitions": "3" });
    expect([
      await other.setting("spark.sql.shuffle.partitions"),
      await session.setting("spark.sql.shuffle.partitions"),
    ]).toEqual(["3", "8"]);
    const [a, b] = await Promise.all([
      rowsFrom(other, sql("SELECT sum(id) AS s FROM range(100000)")),
      rows("SELECT sum(id) AS s FROM range(200000)"),
    ]);
    expect([a, b]).toEqual([[{ s: 4999950000 }], [{ s: 19999900000 }]]);
  });
}
