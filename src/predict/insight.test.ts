import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { duck } from "../../test/support/duck.js";
import { homeAt } from "../runs/home.js";
import type { TrainDetails, TrainSpec } from "../train/spec.js";
import { trainModel } from "../train/train.js";
import { Workspace } from "../train/workspace.js";
import { permutationImportance, rowsToShuffle } from "./importance.js";
import { insightOf } from "./insight.js";
import { partialDependence } from "./partial.js";
import { sampleFor } from "./sample.js";
import { validationRows } from "./validation-rows.js";

const dir = mkdtempSync(join(tmpdir(), "sluice-insight-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const within = async <T>(work: (workspace: Workspace) => Promise<T>): Promise<T> => {
  await using workspace = await Workspace.open({
    memoryBytes: 1e9,
    threads: 1,
    home: homeAt({ home: join(dir, "home"), cache: join(dir, "cache") }),
  });
  return await work(workspace);
};
const trained = (spec: TrainSpec): Promise<TrainDetails> => within((workspace) => trainModel(spec, workspace));

/** 3,000 rows: a and the days of `at` decide, noise does not; `part` tells rows apart. */
const small = join(dir, "small.parquet");
const query = `SELECT i::INTEGER AS part, ((i * 7919) % 997) / 997.0 AS a, DATE '2024-01-01' + ((i * 31) % 60)::INTEGER AS at,
  ['x', 'y', 'z'][1 + (i * 17) % 3] AS noise, 4 * a + ((i * 31) % 60) / 30.0 AS y FROM range(3000) r(i)`;

describe("insight", () => {
  test("shuffles the columns of validation rows and walks them through their values", async () => {
    await duck(`COPY (${query}) TO '${small}' (FORMAT parquet)`);
    const features = "a, noise, epochDays(at)";
    const spec = {
      sources: [small],
      label: "y",
      learner: "linear",
      features,
      params: { penalty: 0 },
      validate: "random:0.3",
    };
    const details = await trained(spec);
    const insight = (await within((workspace) => insightOf(details, spec, workspace)))!;
    const { importance, partial, columns } = insight;
    expect(columns).toBe(3);
    expect(importance).toMatchObject({ rows: details.result.rows.validation, metric: "rmse", repeats: 5 });
    expect(importance.columns.map(({ column }) => column)).toEqual(["a", "at", "noise"]);
    expect(importance.columns[2]!.loss).toBeCloseTo(0, 6);
    const [a, at] = partial;
    const slope = (from: number, to: number): number => {
      const [first, last] = [a!.points.at(from)!, a!.points.at(to)!];
      return (last.answers[0]! - first.answers[0]!) / (Number(last.value) - Number(first.value));
    };
    expect(slope(0, -1)).toBeCloseTo(4, 4);
    expect(at!.points[0]!.value).toHaveProperty("days");
    // A mean over a line is the line at the mean: y is 4 * 0.5 + 59 / 60 on average.
    expect(a!.mean[0]).toBeCloseTo(2 + 59 / 60, 1);
    expect(await within((workspace) => insightOf(details, spec, workspace))).toEqual(insight);
  });

  test("says nothing of a model that no rows judged, or that reads nothing", async () => {
    const spec = { sources: [small], label: "y", learner: "linear", features: "a", validate: "none" };
    const details = await trained(spec);
    expect(await within((workspace) => insightOf(details, spec, workspace))).toBeUndefined();
    const without = { ...spec, learner: "baseline", validate: "random:0.2" };
    const baseline = await trained(without);
    expect(await within((workspace) => insightOf(baseline, without, workspace))).toBeUndefined();
  });
});

describe("rare classes", () => {
  const made = async (name: string, positives: number): Promise<string> => {
    const file = join(dir, name);
    await duck(`COPY (SELECT ((i * 7919) % 59999) / 59999.0 AS a, (i * 104729) % 1000 AS noise,
        (i * 7919) % 59999 < ${positives} AS y FROM range(59999) r(i)) TO '${file}' (FORMAT parquet)`);
    return file;
  };
  const spec = { label: "y", learner: "tree", params: { depth: 2 }, validate: "random:0.3" };

  test("have rows enough in a sample, counted for what they stand for", async () => {
    const file = await made("rare.parquet", 60);
    const { model } = await trained({ ...spec, sources: [file] });
    const sample = await within((workspace) => sampleFor(model, [file], {}, workspace, 2000));
    const { rows, labels, drawn, weights } = sample;
    const [positives, all] = [0, 1].map((from) =>
      labels!.reduce((sum, label, row) => sum + (label >= 1 - from ? weights![row]! : 0), 0),
    );
    expect(labels!.filter((label) => label === 1)).toHaveLength(60);
    expect(new Set(rows.filter((_, row) => labels![row] === 1).map(({ a }) => a)).size).toBe(60);
    expect(Math.abs(drawn! - 2000)).toBeLessThan(200); // four deviations of a draw
    expect(positives! / all!).toBeCloseTo(0.001, 4);
    const { columns, doubts } = await permutationImportance(model, sample);
    const [a, noise] = ["a", "noise"].map((name) => columns.find(({ column }) => column === name)!);
    expect(a!.loss).toBeGreaterThan(4 * a!.error!);
    expect(Math.abs(noise!.loss!)).toBeLessThanOrEqual(3 * noise!.error!);
    expect(doubts).toBeUndefined();
    // The rows that are there for their class are in no mean over all rows.
    expect((await partialDependence(model, sample, "a")).mean[0]).toBeLessThan(0.003);
  });

  test("of which too few are there are named beside the figures", async () => {
    const sources = [await made("few.parquet", 21)];
    const details = await trained({ ...spec, sources });
    const insight = (await within((workspace) => insightOf(details, { ...spec, sources }, workspace)))!;
    const learned = "only 21 of true were there to learn from: what the model does may be chance";
    expect(insight.importance.doubts).toEqual([expect.stringMatching(/^of the rows here only \d+ of true: /), learned]);
    expect(insight.partial.map(({ doubts }) => doubts)).toEqual(insight.partial.map(() => [learned]));
  });

  test("are looked at no longer than a signal lets, and in fewer rows the more trees there are", async () => {
    const file = await made("stopped.parquet", 400);
    const [small, large] = await Promise.all(
      [10, 400].map(async (trees) => {
        const own = { ...spec, learner: "boosting", params: { trees, minLeafHessian: 0 }, name: `trees${trees}` };
        return (await trained({ ...own, sources: [file] })).model;
      }),
    );
    const sample = await within((workspace) => sampleFor(small!, [file], {}, workspace, 500));
    const signal = AbortSignal.abort(new Error("asked to stop"));
    await expect(permutationImportance(small!, sample, { signal })).rejects.toThrow("asked to stop");
    await expect(partialDependence(small!, sample, "a", { signal })).rejects.toThrow("asked to stop");
    expect(rowsToShuffle(small!)).toBe(20_000);
    const repeated = { ...large!, state: { ...(large!.state as { trees: unknown[] }) } };
    repeated.state.trees = Array.from({ length: 10_000 }, () => repeated.state.trees[0]);
    expect(rowsToShuffle(repeated)).toBeLessThan(5_000);
  });

  test("make an error that grows as their rows get fewer", async () => {
    const file = await made("half.parquet", 400);
    const { model } = await trained({ ...spec, sources: [file] });
    const errorWith = async (wanted: number): Promise<number> => {
      const { columns, rows, labels } = await within((workspace) => sampleFor(model, [file], {}, workspace, 60_000));
      const some = { columns, rows: rows.slice(0, wanted), labels: labels!.slice(0, wanted) };
      return (await permutationImportance(model, some, { columns: ["a"] })).columns[0]!.error!;
    };
    // A quarter of the rows: twice the error.
    expect((await errorWith(5000)) / (await errorWith(20_000))).toBeCloseTo(2, 0);
  });
});

describe("validation rows", () => {
  test("are those that judged the model", async () => {
    const spec = {
      sources: [small],
      label: "y",
      learner: "linear",
      features: "part % 1000 + part, a",
      where: "part >= 100",
    };
    const details = await trained({ ...spec, sample: 0.5 });
    const found = await within((workspace) => validationRows(details, spec, workspace, 5000));
    expect(found.rows).toHaveLength(details.result.rows.validation);
    expect(found.labels).toHaveLength(details.result.rows.validation);
    expect(Math.min(...found.rows.map(({ part }) => Number(part)))).toBeGreaterThanOrEqual(100);
    const some = await within((workspace) => validationRows(details, spec, workspace, 100));
    expect(some.rows.length).toBeGreaterThan(60);
    expect(some.rows.length).toBeLessThan(150); // 100 are expected, with a deviation of 10
  });

  test("of a large source come from some runs, the latest ones where time parts them", async () => {
    const large = join(dir, "large.parquet");
    await duck(
      `COPY (SELECT i AS part, i % 100 AS a, i % 7 AS y FROM range(600000) r(i)) TO '${large}' (FORMAT parquet, ROW_GROUP_SIZE 20480)`,
    );
    const spec = {
      sources: [large],
      label: "y",
      task: "regression",
      learner: "linear",
      features: "part % 1000 + part, a",
    } as const;
    const [drawn, later] = [
      { ...spec, validate: "random:0.2" },
      { ...spec, time: "part", validate: "time:0.2" },
    ];
    for (const [own, least] of [
      [drawn, 0],
      [later, 480_000],
    ] as const) {
      const details = await trained(own);
      const { rows, labels } = await within((workspace) => validationRows(details, own, workspace, 500));
      const parts = rows.map(({ part }) => Number(part));
      expect(rows.length).toBeGreaterThan(100);
      expect(rows.length).toBeLessThanOrEqual(500);
      expect(labels).toEqual(parts.map((part) => part % 7));
      expect(Math.min(...parts)).toBeGreaterThanOrEqual(least);
      expect(Math.max(...parts) - Math.min(...parts)).toBeGreaterThan((600_000 - least) / 2);
    }
  });

  test("are refused where the source is no longer what it was", async () => {
    const file = join(dir, "changing.csv");
    const lines = Array.from({ length: 300 }, (_, i) => `${i},${i % 2}`);
    writeFileSync(file, `a,y\n${lines.join("\n")}\n`);
    const spec = { sources: [file], label: "y", learner: "logistic" };
    const details = await trained(spec);
    writeFileSync(file, `a,y\n${lines.reverse().join("\n")}\n`);
    const found = within((workspace) => validationRows(details, spec, workspace, 100));
    await expect(found).rejects.toMatchObject({ code: "changed_source" });
  });
});
