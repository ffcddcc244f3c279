import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import {
  compare,
  csv,
  duckdb,
  linear,
  logistic,
  models,
  open,
  report,
  resume,
  sql,
  type Trained,
  table,
  train,
  tree,
} from "../../src/index.js";
import { Workspace } from "../../src/workspace/workspace.js";
import { duck } from "../support/duck.js";

const dir = mkdtempSync(join(tmpdir(), "sluice-library-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const at = (name: string): string => join(dir, name);
const place = { home: at("home"), cache: at("cache") };
const on = duckdb({ memory: "600MB", threads: 1 });

const lines = Array.from({ length: 300 }, (_, i) => {
  const late = (i * 13) % 17 > 8;
  return `${i % 20},${(i * 7) % 11},${2 * (i % 20) + ((i * 7) % 11)},${late ? "yes" : "no"},2024-01-${String(1 + (i % 28)).padStart(2, "0")}`;
});
writeFileSync(at("rows.csv"), `a,b,y,late,day\n${lines.join("\n")}\n`);
// Its rows are in the order of the label, which is a warning.
writeFileSync(
  at("sorted.csv"),
  `a,late\n${Array.from({ length: 300 }, (_, i) => `${(i * 7) % 23},${i < 150 ? "no" : "yes"}`).join("\n")}\n`,
);
const rows = csv(at("rows.csv"));
const late = { data: rows, label: "late", drop: ["y"], learner: logistic(), name: "late" } as const;
const amount = { data: rows, label: "y", drop: ["late", "day"], learner: linear(), name: "amount" } as const;
const small = { data: rows, label: "late", drop: ["y"], learner: tree(), name: "small" } as const;
const sorted = { data: csv(at("sorted.csv")), label: "late", learner: logistic(), name: "sorted" } as const;

/** What a training comes to, whatever the clock says. */
const found = ({ model, result: { stateHash, warnings, rows, passes, spillBytes, units }, assumed }: Trained) => ({
  ...{ stateHash, warnings, rows, passes, spillBytes, units, assumed },
  metrics: model.about["metrics"],
});

describe("the library", () => {
  test("resumes a run, lists its model, compares it and writes its report", async () => {
    const first = await train({ ...late, ...place, on });
    const again = await resume(first.result.run, { ...place, on });
    expect(again.result.stateHash).toBe(first.result.stateHash);
    expect(again.result.model).toBe(first.result.model);
    await expect(resume("nothing", place)).rejects.toMatchObject({ code: "unknown_name" });

    const second = await train({ ...amount, ...place, on });
    const listed = models(place);
    expect(listed.damaged).toEqual([]);
    expect(listed.models.map(({ model, stateHash }) => [model, stateHash])).toEqual([
      ["amount/1", second.result.stateHash],
      ["late/1", first.result.stateHash],
    ]);

    expect(compare(["late", first], place)).toMatchObject({
      judgedAlike: true,
      models: [{ model: "late/1" }, { model: "late/1", passes: first.result.passes }],
    });
    expect(compare(["late", "amount"], place).judgedAlike).toBe(false);

    const written = await report(first, { ...place, on, to: at("late.html"), against: ["amount"] });
    expect(written).toEqual({ model: "late/1", report: at("late.html"), notes: [] });
    const page = readFileSync(at("late.html"), "utf8");
    expect(page).toContain("late/1");
    expect(page).toContain("amount/1");
    expect((await report("late", place)).report).toBe(join(place.home, "runs", first.result.run, "report.html"));
  });

  test("asks files in SQL and gives rows as plain values", async () => {
    const { rows, more, files } = await sql(`SELECT a, day, late FROM '${at("rows.csv")}' ORDER BY day, a`, {
      ...place,
      on,
      limit: 1,
    });
    expect(rows).toEqual([{ a: 0, day: "2024-01-01", late: "no" }]);
    expect(more).toBe(true);
    expect(files).toMatchObject([{ name: at("rows.csv"), setAside: 0 }]);
    await expect(sql("DROP TABLE x", { ...place, on })).rejects.toMatchObject({ code: "bad_formula" });
  });
});

describe("a session", () => {
  test("does in each call what the call does alone, also after others and at the same time", async () => {
    const asked = [sorted, late, amount, small, late];
    const alone: Trained[] = [];
    for (const [i, one] of asked.entries())
      alone.push(await train({ ...one, on, home: at(`alone-${i}`), cache: at(`alone-cache`) }));
    expect(alone[0]!.result.warnings).not.toEqual([]);

    await using sluice = await open({ on, home: at("session"), cache: at("session-cache") });
    const together = await Promise.all(asked.map((one) => sluice.train(one)));
    expect(together.map(found)).toEqual(alone.map(found));
    expect(sluice.models().models).toHaveLength(5);
    const [more] = (await sluice.sql(`SELECT count(*) AS n FROM '${at("rows.csv")}'`)).rows;
    expect(more).toEqual({ n: 300 });
    expect((await sluice.evaluate(together[1]!, rows)).rows.labelled).toBe(300);
  });

  test("opens its workspace once for calls that leave nothing behind", async () => {
    const opened = vi.spyOn(Workspace, "open");
    await using sluice = await open({ on, ...place });
    const made = await sluice.train({ ...amount, name: "once" });
    await sluice.evaluate(made, rows);
    await sluice.profile(rows);
    expect(opened).toHaveBeenCalledTimes(1);
    opened.mockRestore();
  });

  test("reads a file as it is at each call", async () => {
    await using sluice = await open({ on, ...place });
    const count = async (): Promise<unknown> =>
      (await sluice.sql(`SELECT count(*) AS n FROM '${at("grows.csv")}'`)).rows[0]?.["n"];
    writeFileSync(at("grows.csv"), "a,b\n1,2\n");
    expect(await count()).toBe(1);
    writeFileSync(at("grows.csv"), "a,b\n1,2\n3,4\n");
    expect(await count()).toBe(2);
    rmSync(at("grows.csv"));
    await expect(count()).rejects.toMatchObject({ code: "missing_file" });
  });

  test("lets go of a database when a call is done", async () => {
    const opened = vi.spyOn(Workspace, "open");
    await using sluice = await open({ on, ...place });
    const count = async (): Promise<number> => (await sluice.profile(table(at("grows.duckdb"), "t"))).rows;
    const add = (sql: string): Promise<unknown> => duck(`ATTACH '${at("grows.duckdb")}' AS d; ${sql}; DETACH d`);
    await add("CREATE TABLE d.t AS SELECT i AS a FROM range(10) r(i)");
    expect(await count()).toBe(10);
    await add("INSERT INTO d.t VALUES (10)");
    expect(await count()).toBe(11);
    // Attached, it would be closed to whoever writes in another process.
    expect(opened).toHaveBeenCalledTimes(2);
    opened.mockRestore();
  });

  test("goes on after a call that failed or was stopped", async () => {
    await using sluice = await open({ on, home: at("failing"), cache: at("cache") });
    await expect(sluice.train({ ...late, label: "lat" })).rejects.toMatchObject({ code: "unknown_column" });
    const stop = new AbortController();
    const stopped = sluice.train({
      ...late,
      signal: stop.signal,
      events: { stage: () => stop.abort(new Error("enough")) },
    });
    const waiting = sluice.train(amount);
    await expect(stopped).rejects.toThrow("enough");
    expect((await waiting).result.model).toBe("amount/1");
  });

  test("refuses a call inside a call, one after its end, and a place of its own", async () => {
    const ended = await open({ on, home: at("ended"), cache: at("cache") });
    const inner: Promise<unknown>[] = [];
    const stage = (): void => void inner.push(ended.sql("SELECT 1").catch((error: unknown) => error));
    await ended.train({ ...amount, events: { stage } });
    expect(await inner[0]).toMatchObject({ code: "usage", message: expect.stringContaining("inside another call") });
    await expect(ended.train({ ...amount, home: at("other") })).rejects.toMatchObject({ code: "usage" });
    expect(existsSync(at("other"))).toBe(false);
    const last = ended.sql("SELECT 1 AS one");
    await ended[Symbol.asyncDispose]();
    expect((await last).rows).toEqual([{ one: 1 }]);
    await expect(ended.sql("SELECT 1")).rejects.toMatchObject({ code: "usage" });
  });

  test("takes its budget in words, and refuses one that is too small", async () => {
    await expect(open({ memory: "20MB", ...place })).rejects.toMatchObject({ code: "budget_too_small" });
    await using sluice = await open({ memory: "600MB", ...place });
    expect((await sluice.train({ ...amount, name: "budget" })).result.budgetBytes).toBe(600e6);
  });
});
