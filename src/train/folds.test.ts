import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { SluiceError } from "../base/errors.js";
import { generator } from "../base/seeds.js";
import { foldsOf, parseFolds } from "../data/split.js";
import { col } from "../expr/expr.js";
import type { Relation } from "../expr/relation.js";
import { overFolds } from "../metrics/over-folds.js";
import { homeAt } from "../runs/home.js";
import { Workspace } from "../workspace/workspace.js";
import type { TrainEvents, TrainSpec } from "./spec.js";
import { trainModel } from "./train.js";

const dir = mkdtempSync(join(tmpdir(), "sluice-folds-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const home = homeAt({ home: join(dir, "home"), cache: join(dir, "cache") });

/** Forty days of fifty rows each; levels and missing numbers differ from day to day, so that what is fitted differs by fold. */
const next = generator(11);
const rows = Array.from({ length: 2000 }, (_, i) => {
  const [day, a, b] = [Math.floor(i / 50), next() * 4 - 2, next()];
  const c = "pqrstuvw"[Math.floor(next() * (3 + day / 8))]!;
  const y = next() < 1 / (1 + Math.exp(-(1.5 * a + (c === "p" ? 1 : 0) - b))) ? "yes" : "no";
  return { day, g: i % 160, a: next() < 0.02 ? "" : a.toFixed(4), b: (3 * a + b).toFixed(4), c, y };
});
const file = join(dir, "rows.csv");
writeFileSync(
  file,
  `day,g,a,b,c,y\n${rows.map(({ day, g, a, b, c, y }) => [day, g, a, b, c, y].join(",")).join("\n")}\n`,
);

async function trained(spec: Partial<TrainSpec>, events: TrainEvents = {}, resume?: string, signal?: AbortSignal) {
  await using workspace = await Workspace.open({ memoryBytes: 1e9, threads: 2, home, ...(signal ? { signal } : {}) });
  const asked = { sources: [file], label: "y", learner: "logistic", pageRows: 300, ...spec };
  return (await trainModel(asked, workspace, events, resume)).result;
}

describe("folds by time", () => {
  test.each([
    ["logistic", { label: "y" }, ["logLoss", "auc", "accuracy"]],
    ["linear", { label: "b", drop: ["y"] }, ["rmse", "r2"]],
  ] as const)(
    "have the figures of separate trainings on the days before: %s",
    async (learner, asked, names) => {
      const { drop = [] } = asked as { drop?: readonly string[] };
      const common = { ...asked, learner, drop: ["g", ...drop], time: "day" };
      const { folds, metrics, rows: counted } = await trained({ ...common, folds: "time:4" });
      expect(counted).toMatchObject({ train: 2000, validation: 0 });
      expect(metrics.validation).toBeUndefined();
      expect(folds).toMatchObject({ k: 4, by: "time" });
      expect(folds!.rows).toEqual([1, 2, 3, 4].map((i) => ({ train: 400 * i, validation: 400 })));
      for (const i of [0, 3]) {
        const last = 8 * (i + 1);
        const judged = join(dir, `judged-${i}.csv`);
        const own = rows.filter(({ day }) => day >= last && day < last + 8);
        writeFileSync(
          judged,
          `day,g,a,b,c,y\n${own.map(({ day, g, a, b, c, y }) => [day, g, a, b, c, y].join(",")).join("\n")}\n`,
        );
        const before = join(dir, `before-${i}.csv`);
        const earlier = rows.filter(({ day }) => day < last);
        writeFileSync(
          before,
          `day,g,a,b,c,y\n${earlier.map(({ day, g, a, b, c, y }) => [day, g, a, b, c, y].join(",")).join("\n")}\n`,
        );
        const separate = await trained({ ...common, sources: [before], test: [judged], validate: "none" });
        // Pages begin at other rows, so sums and the optimum differ in their last digits; fits stop at 1e-9 of the loss.
        for (const name of names)
          expect(folds!.metrics[name]!.values[i]).toBeCloseTo(separate.metrics.test![name]!, name === "auc" ? 3 : 6);
      }
    },
    60_000,
  );

  test("leave the gap out of what is learned from", async () => {
    const { folds } = await trained({ drop: ["g"], time: "day", folds: "time:4", gap: "3" });
    expect(folds!.rows).toEqual([1, 2, 3, 4].map((i) => ({ train: 400 * i - 150, validation: 400 })));
    expect(folds!.gap).toBe("3");
  });
});

describe("folds by chance and by group", () => {
  test("judge every row once, and fit the model on all rows as a training without validation does", async () => {
    const random = await trained({ drop: ["day", "g"], folds: "5" });
    expect(random.folds!.rows.reduce((sum, { validation }) => sum + validation, 0)).toBe(2000);
    expect(random.folds!.rows.every(({ train, validation }) => train + validation === 2000 && validation > 300)).toBe(
      true,
    );
    const { stateHash } = await trained({ drop: ["day", "g"], validate: "none" });
    expect(random.stateHash).toBe(stateHash);
  });

  test("groups are in one fold each, and a group that is named keeps its rows together without a word", async () => {
    await using workspace = await Workspace.open({ memoryBytes: 1e9, threads: 2, home });
    const schema = { columns: [{ name: "g", type: { kind: "int64" } as const }] };
    const labelled: Relation = { kind: "sql", text: "SELECT i % 160 AS g FROM range(2000) t(i)" };
    const folds = await foldsOf(parseFolds("5", "g"), undefined, {
      ...{ engine: workspace.local, labelled, schema, seed: 7, group: "g" },
    });
    const columns = { g: col("g"), ...Object.fromEntries(folds.map(({ expr }, i) => [`f${i}`, expr])) };
    const found = await workspace.local.rows({ kind: "project", from: labelled, columns }, 2000);
    const foldOf = new Map<unknown, Set<number>>();
    for (const row of found) {
      const own = folds.flatMap((_, i) => (row[`f${i}`] === true ? [i] : []));
      expect(own).toHaveLength(1);
      foldOf.set(row["g"], (foldOf.get(row["g"]) ?? new Set()).add(own[0]!));
    }
    expect([...foldOf.values()].every(({ size }) => size === 1)).toBe(true);
    expect(new Set([...foldOf.values()].flatMap((of) => [...of])).size).toBe(5);
    expect((await trained({ drop: ["day"], group: "g", folds: "4" })).folds!.by).toBe("group");
    expect((await trained({ drop: ["day"], group: "g", folds: "random:4" })).folds!.by).toBe("random");
  });

  test("go on where they were interrupted, with the same figures", async () => {
    const spec = { drop: ["day", "g"], folds: "3", learner: "boosting", params: { trees: 10 } };
    const whole = await trained(spec);
    const controller = new AbortController();
    const stage = (name: string): void => {
      if (name.startsWith("fold 2 of 3: judging")) controller.abort(new SluiceError("interrupted", "stopped"));
    };
    let run = "";
    await trained({ ...spec, name: "cut" }, { stage }, undefined, controller.signal).catch(
      (error: { facts?: { run?: string } }) => {
        run = error.facts?.run ?? "";
      },
    );
    expect(run).not.toBe("");
    const begun: string[] = [];
    const resumed = await trained({ ...spec, name: "cut" }, { unit: (name) => void begun.push(name) }, run);
    expect(resumed.folds).toEqual(whole.folds);
    expect(resumed.stateHash).toBe(whole.stateHash);
    expect(resumed.units.reused).toBeGreaterThan(10);
    expect(begun.filter((name) => name.startsWith("fold 1 of 3: scan"))).toEqual([]);
  });
});

test("figures over folds: mean, deviation, and Student's interval", () => {
  const { auc, loss } = overFolds([
    { values: { auc: 1, loss: 2 } },
    { values: { auc: 2 } },
    { values: { auc: 3 } },
    { values: { auc: 4 } },
  ]);
  // scipy.stats.t.ppf(0.975, 3) = 3.182446; sd = sqrt(5/3).
  expect(auc!.mean).toBe(2.5);
  expect(auc!.sd).toBeCloseTo(1.290994, 6);
  expect(auc!.high).toBeCloseTo(2.5 + (3.182446 * 1.290994) / 2, 5);
  expect(auc!.low).toBeCloseTo(2.5 - (3.182446 * 1.290994) / 2, 5);
  expect(loss).toEqual({ mean: 2, sd: null, low: null, high: null, values: [2, null, null, null] });
});

test.each([
  [{ folds: "1" }, "--folds 1: it must be a number of folds from 2 to 20"],
  [{ folds: "weekly:5" }, "like 5, group:5 or time:5"],
  [{ folds: "5", validate: "none" }, "--validate does not go with --folds"],
  [{ folds: "5", calibrate: "platt" }, "--calibrate does not go with --folds"],
  [{ folds: "5", gap: "7d" }, "--gap goes with --folds time:K"],
  [{ gap: "7d" }, "--gap goes with --folds time:K"],
  [{ folds: "group:5" }, "--folds group:K needs --group COLUMN"],
  [{ folds: "time:5" }, "--folds time:K needs --time COLUMN"],
  [{ folds: "time:5", time: "day", gap: "7d" }, 'the column "day" is int64'],
  [{ folds: "time:5", time: "c" }, "it must be a date, a timestamp or a number"],
] as const)("%j is refused with what would be right", async (spec, message) => {
  await expect(trained(spec as Partial<TrainSpec>)).rejects.toThrow(message);
});
