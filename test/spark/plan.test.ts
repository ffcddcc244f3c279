import { expect, test } from "vitest";
import { filter, formula, sql, withColumns } from "../../src/engines/spark/frames/plan.js";
import { collect } from "../../src/engines/spark/mllib/collect.js";
import { persisted } from "../../src/engines/spark/mllib/persist.js";
import { needs } from "../support/needs.js";
import { openSpark } from "../support/spark.js";

needs.spark()("queries with frames", () => {
  test("at the same time read each its own frame, whatever its name", async () => {
    await using session = await openSpark();
    const ask = async (k: number): Promise<unknown> => {
      const rows = sql(`SELECT ${k} AS v FROM range(10)`);
      const [row] = await collect(session, sql("SELECT max(v) AS v FROM rows", {}, { rows }));
      return row?.["v"];
    };
    const numbers = Array.from({ length: 30 }, (_, k) => k);
    expect(await Promise.all(numbers.map(ask))).toEqual(numbers);
  });

  test("may begin with tables of their own", async () => {
    await using session = await openSpark();
    const rows = sql("SELECT id FROM range(4)");
    const summed = sql(
      "WITH odd AS (SELECT rows.id FROM rows WHERE id % 2 = 1) SELECT sum(id) AS v FROM odd",
      {},
      { rows },
    );
    expect(await collect(session, summed)).toEqual([{ v: 4 }]);
    const counted = sql(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < (SELECT count(*) FROM rows)) SELECT max(i) AS v FROM n",
      {},
      { rows },
    );
    expect(await collect(session, counted)).toEqual([{ v: 4 }]);
    const [plan] = await collect(session, sql("EXPLAIN FORMATTED SELECT max(id) FROM rows", {}, { rows }));
    expect(plan?.["plan"]).toContain("HashAggregate");
  });

  test("say where they do not read", async () => {
    await using session = await openSpark();
    const rows = sql("SELECT id FROM range(4)");
    await expect(collect(session, sql("SELEC id FROM rows", {}, { rows }))).rejects.toMatchObject({
      code: "bad_formula",
      message: expect.stringContaining("PARSE_SYNTAX_ERROR"),
    });
  });

  test("that the cluster keeps are read from there under filters and new columns", async () => {
    await using session = await openSpark();
    const kept = sql("SELECT id, rand(7) AS r FROM rows", {}, { rows: sql("SELECT id FROM range(100)") });
    const part = withColumns(filter(kept, "r > 0.5D"), { s: formula("r + 1D") });
    const explained = async (): Promise<string> => {
      const { result } = await session.call((envelope, call) => {
        const plan = { opType: { case: "root", value: part } } as const;
        return session.client.analyzePlan(
          { ...envelope, analyze: { case: "explain", value: { plan, explainMode: 1 } } },
          call,
        );
      });
      return result.case === "explain" ? result.value.explainString : "";
    };
    await persisted(session, kept, async () => expect(await explained()).toContain("InMemoryTableScan"));
    expect(await explained()).not.toContain("InMemoryTableScan");
  });
});
