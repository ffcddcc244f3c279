import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { generator } from "../base/seeds.js";
import { openData } from "../data/source.js";
import type { Model } from "../model/model.js";
import { homeAt } from "../runs/home.js";
import { trainModel } from "../train/train.js";
import { Workspace } from "../workspace/workspace.js";
import { evaluateModel } from "./evaluate.js";
import { scored } from "./formulas.js";
import { scoreRow } from "./one.js";

const dir = mkdtempSync(join(tmpdir(), "sluice-calibrated-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test.each([
  ["logistic", {}],
  ["boosting", { trees: 5 }],
] as const)(
  "a calibrated %s model scores alike in SQL, for one row, and where it is judged",
  async (learner, params) => {
    const next = generator(9);
    const rows = Array.from({ length: 500 }, () => ({ x: Math.round(1e4 * (next() - 0.5)) / 1e4, draw: next() }));
    const isLate = ({ x, draw }: (typeof rows)[number]): boolean => draw < 1 / (1 + Math.exp(-6 * x));
    const file = join(dir, `${learner}.csv`);
    writeFileSync(file, `x,late\n${rows.map((row) => `${row.x},${isLate(row) ? "yes" : "no"}`).join("\n")}\n`);
    await using workspace = await Workspace.open({
      memoryBytes: 1e9,
      threads: 1,
      home: homeAt({ home: join(dir, "home"), cache: join(dir, "cache") }),
    });
    const spec = { sources: [file], label: "late", learner, params, calibrate: "isotonic", validate: "random:0.5" };
    const { model } = await trainModel(spec, workspace);

    const data = await openData([file], {}, workspace, join(dir, "aside"));
    const relation = scored(model, { kind: "scan", scan: data.scan }, data.schema, ["x"]);
    const bySql = await workspace.engine.rows(relation, 500);
    const { calibration: _, ...plain } = model;
    const [one, before] = [scoreRow(model), scoreRow(plain as Model)];
    let moved = 0;
    let loss = 0;
    bySql.forEach((row, i) => {
      const { probability, prediction } = one({ x: rows[i]!.x });
      expect(row["probability"]).toBeCloseTo(probability!, 9); // engines may reorder a sum
      expect(row["prediction"]).toBe(prediction);
      moved += Math.abs(probability! - before({ x: rows[i]!.x }).probability!);
      loss -= Math.log(isLate(rows[i]!) ? probability! : 1 - probability!) / rows.length;
    });
    expect(moved).toBeGreaterThan(1);
    const { model: quality, uncalibrated } = await evaluateModel(model, [file], {}, workspace);
    expect(quality.values["logLoss"]).toBeCloseTo(loss, 5); // pages hold x as float32
    const alone = await evaluateModel(plain as Model, [file], {}, workspace);
    expect(uncalibrated!.values).toEqual(alone.model.values);
    expect(uncalibrated!.values["logLoss"]).not.toBe(quality.values["logLoss"]);
    expect(alone.uncalibrated).toBeUndefined();
  },
);
