import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { canonical } from "../../src/base/canonical.js";
import { fromJson, toJson } from "../../src/base/json.js";
import { resolveParams } from "../../src/base/params.js";
import { generator } from "../../src/base/seeds.js";
import { evaluate } from "../../src/expr/evaluate.js";
import type { Learner, Task, TrainingData } from "../../src/learners/contract.js";
import { learnerNamed, learners } from "../../src/learners/index.js";
import { scorers } from "../../src/learners/registry.js";
import { type MemoryData, type MemoryTable, memoryData } from "../../src/learners/testing.js";
import type { TreesState } from "../../src/learners/trees/tree.js";
import { addInto } from "../../src/pages/pass.js";

const rows = 300;
const classesOf = { binary: 2, multiclass: 3, regression: 1 } as const;

/** Two numbers (one with gaps, one far from zero), one constant, one category with unknown codes; whole weights, some of them 0. */
function tableOf(task: Task, pageRows = 64): MemoryTable {
  const next = generator(11);
  const float32 = (value: number): number => Math.round(value * 1024) / 1024; // a page holds it exactly
  const a = Array.from({ length: rows }, () => float32(next() * 4 - 2));
  const b = a.map((value) => float32(500 + value + next()));
  const codes = Array.from({ length: rows }, () => Math.floor(next() * 4) - 1);
  const margin = a.map((value, i) => value + (b[i]! - 500) / 2 + codes[i]! + next() * 3 - 2);
  const label = {
    regression: margin,
    binary: margin.map((m) => +(m > 0)),
    multiclass: margin.map((m) => +(m > -1) + +(m > 1)),
  }[task];
  return {
    numbers: [a.map((value, i) => (i % 7 === 0 ? Number.NaN : value)), b, b.map(() => 3)],
    coding: [
      { shift: 0, exponent: -2 },
      { shift: 500, exponent: 3 },
      { shift: 0, exponent: 0 },
    ],
    categories: [{ codes, width: 3 }],
    label,
    weight: label.map((_, i) => i % 4),
    task,
    classes: classesOf[task],
    pageRows,
  };
}

/** The row as the formulas see it. */
const rowOf = ({ numbers, categories }: MemoryTable, i: number) => {
  const code = categories![0]!.codes[i]!;
  return { x0: numbers[0]![i]!, x1: numbers[1]![i]!, x2: numbers[2]![i]!, c0: code < 0 ? null : `l${code}` };
};

const trained = (learner: Learner, data: TrainingData): Promise<unknown> =>
  learner.fit(data, resolveParams(learner.name, learner.params), 5);

/** Outputs of every row by the registered scorer. */
function scored(learner: Learner, state: unknown, data: MemoryData): Float64Array[] {
  const { name, params } = learner.scorer(state, data.blocks, data.layout, data.task, data.classes);
  return data.scores(scorers[name]!, params as never);
}

/** Passes by two workers of which each takes every second page, last page first; parts merge in page order. */
function byTwoWorkers(data: MemoryData): TrainingData {
  const mark = data.arena.mark();
  return {
    ...data,
    async pass(pass, params) {
      data.arena.reset(mark);
      const parts: Float64Array[] = [];
      for (const worker of [1, 0]) {
        const step = pass.start(params, data.layout, data.arena);
        for (let i = data.pages.length - 1; i >= 0; i--) {
          if (i % 2 !== worker) continue;
          parts[i] = new Float64Array(pass.length(params, data.layout));
          step(data.pages[i]!, parts[i]!);
        }
      }
      const sum = new Float64Array(pass.length(params, data.layout));
      for (const part of parts) pass.merge ? pass.merge(sum, part, params) : addInto(sum, part);
      return sum;
    },
  };
}

/** Other pages are other partial sums, and two fits stop within the same tolerance of one optimum, not at the same point. */
function expectNear(found: readonly Float64Array[], expected: readonly Float64Array[]): void {
  for (const [k, output] of expected.entries())
    for (const [i, value] of output.entries())
      expect(Math.abs(found[k]![i]! - value)).toBeLessThan(1e-4 * (1 + Math.abs(value)));
}

/** Learners row by row: their order is part of the result. */
const usesFolds = new Set(["sgd", "sparseLinear", "sparseLogistic"]);
const onBins = (learner: Learner): boolean => learner.needs.pages === "bins";
const cases = learners.flatMap((learner) => learner.tasks.map((task) => ({ name: learner.name, task, learner })));

describe.each(cases)("$name for $task", ({ learner, task }) => {
  const table = tableOf(task);
  const data = memoryData(table);

  test("comes to the same bytes from the same pages and seed", async () => {
    expect(canonical(await trained(learner, memoryData(table)))).toBe(canonical(await trained(learner, data)));
  });

  test("has a state that survives JSON", async () => {
    const state = await trained(learner, data);
    const read = fromJson(toJson(state));
    expect(canonical(read)).toBe(canonical(state));
    expect(scored(learner, read, data)).toEqual(scored(learner, state, data));
    expect(canonical(state)).not.toMatch(/NaN|Infinity/);
  });

  test("scores a row alike by formula and by kernel", async () => {
    const state = await trained(learner, data);
    const formulas = Object.values(learner.score(state, data.blocks, task, data.classes));
    const outputs = scored(learner, state, data);
    expect(outputs.length).toBe(formulas.length);
    // Pages hold these numbers exactly; what differs is the order of a few sums in float64, and margins in float32 kernels.
    formulas.forEach((formula, k) => {
      for (let i = 0; i < rows; i++) {
        const value = evaluate(formula, rowOf(table, i)) as number;
        expect(Math.abs(outputs[k]![i]! - value)).toBeLessThan(1e-6 * (1 + Math.abs(value)));
      }
    });
  });

  test("names its outputs for the task", async () => {
    const names = { regression: ["prediction"], binary: ["margin"], multiclass: ["margin_0", "margin_1", "margin_2"] }[
      task
    ];
    expect(Object.keys(learner.score(await trained(learner, data), data.blocks, task, data.classes))).toEqual(names);
  });

  test("gives a number for a row with nothing known", async () => {
    const formulas = learner.score(await trained(learner, data), data.blocks, task, data.classes);
    for (const formula of Object.values(formulas))
      for (const row of [{}, { x0: Number.NaN, x1: null, c0: "never seen" }])
        expect(evaluate(formula, row)).toSatisfy(Number.isFinite);
  });

  test("does not see rows of weight 0", async () => {
    const label = Array.from(table.label, (value, i) => (table.weight![i] === 0 ? 0 : value));
    expect(canonical(await trained(learner, memoryData({ ...table, label })))).toBe(
      canonical(await trained(learner, data)),
    );
  });

  test("reads categories before numbers as well", async () => {
    const blocks = [data.blocks[3]!, data.blocks[0]!, data.blocks[1]!, data.blocks[2]!];
    const state = await trained(learner, { ...data, blocks });
    // Trees name their features by block, and gradients are rounded by chance: another order is another model.
    if (!onBins(learner)) expect(canonical(state)).toBe(canonical(await trained(learner, data)));
    const formulas = Object.values(learner.score(state, blocks, task, data.classes));
    const outputs = scored(learner, state, { ...data, blocks });
    for (const [k, formula] of formulas.entries())
      expect(evaluate(formula, rowOf(table, 9))).toBeCloseTo(outputs[k]![9]!, 5);
  });

  test("explains each number and level that it has a coefficient for", async () => {
    const effects = learner.effects?.(await trained(learner, data), data.blocks);
    if (!effects) return expect(learner.name === "baseline" || learner.needs.pages !== "dense").toBe(true);
    const outputs = task === "multiclass" ? 3 : 1;
    expect(effects.filter(({ output = 0 }) => output === 0).map(({ feature, level }) => level ?? feature)).toEqual([
      "x0",
      "x1",
      "x2",
      "l0",
      "l1",
      "l2",
    ]);
    expect(effects.length).toBe(6 * outputs);
    for (const effect of effects)
      if (effect.feature === "x2") expect(effect).toMatchObject({ coefficient: 0, standardised: 0 });
  });
});

describe.each(cases.filter(({ name }) => !usesFolds.has(name)))("$name for $task, by passes", ({ learner, task }) => {
  const table = tableOf(task);

  test("comes to the same bytes from any number of workers", async () => {
    const data = memoryData(table);
    expect(canonical(await trained(learner, byTwoWorkers(data)))).toBe(canonical(await trained(learner, data)));
  });
});

/** What a learner may meet of labels: two classes, three, seven of which one is rare, and numbers. */
const labels = [
  { of: "two classes", task: "binary", classes: 2 },
  { of: "three classes", task: "multiclass", classes: 3 },
  { of: "seven classes, one of them rare", task: "multiclass", classes: 7 },
  { of: "numbers", task: "regression", classes: 1 },
] as const;

/** Rows in the order of a number, so that a block (a page) has none of most nodes. */
function sortedTable(task: Task, classes: number, pageRows: number): MemoryTable {
  const next = generator(5);
  const a = Array.from({ length: rows }, () => Math.round(next() * 4096) / 1024).sort((x, y) => x - y);
  const codes = a.map((value) => Math.min(2, Math.floor(value)));
  const rare = classes - 1;
  const label = a.map((value, i) => {
    if (task === "regression") return Math.sin(3 * value) + next();
    if (classes === 2) return +(Math.sin(3 * value) + next() > 0.5);
    return i % 90 === 0 ? rare : Math.floor((value + next()) * 7) % (classes === 7 ? rare : classes);
  });
  return { numbers: [a], categories: [{ codes, width: 3 }], label, task, classes, pageRows };
}

/** The mean loss on the rows learned from: half the squared error, or the log loss. */
function meanLoss(outputs: readonly Float64Array[], { label, task }: MemoryTable): number {
  const losses = Array.from(label, (y, i) => {
    if (task === "regression") return (outputs[0]![i]! - y) ** 2 / 2;
    const margins = task === "binary" ? [0, outputs[0]![i]!] : outputs.map((output) => output[i]!);
    const top = Math.max(...margins);
    return Math.log(margins.reduce((sum, margin) => sum + Math.exp(margin - top), 0)) + top - margins[y]!;
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

const overBlocks = learners.flatMap((learner) =>
  labels.filter(({ task }) => learner.tasks.includes(task)).map((label) => ({ name: learner.name, learner, ...label })),
);
describe.each(overBlocks)("$name for $of, over several blocks", ({ learner, task, classes }) => {
  test.each([1, 2, 3])("comes to the same bytes when %i workers keep the rows", async (workers) => {
    const one = await trained(learner, memoryData(sortedTable(task, classes, 32)));
    const data = memoryData({ ...sortedTable(task, classes, 32), workers });
    expect(data.pages).toHaveLength(10);
    expect(canonical(await trained(learner, data))).toBe(canonical(one));
  });

  test("learns about as well as from one block, and better than nothing", async () => {
    const one = memoryData(sortedTable(task, classes, 320));
    const loss = async (of: Learner, data: MemoryData): Promise<number> =>
      meanLoss(scored(of, await trained(of, data), one), sortedTable(task, classes, 320));
    const [whole, parts, nothing] = [
      await loss(learner, one),
      await loss(learner, memoryData({ ...sortedTable(task, classes, 32), workers: 2 })),
      await loss(learnerNamed("baseline"), one),
    ];
    expect(Math.abs(parts - whole)).toBeLessThan(0.05 * nothing);
    // sgd takes ten steps here, from classes that are all alike.
    expect(parts).toBeLessThan(nothing * ({ baseline: 1.001, sgd: 1.1 }[learner.name] ?? 1));
  });

  if (onBins(learner))
    test("counts each row in one leaf of each tree", async () => {
      const data = memoryData({ ...sortedTable(task, classes, 32), workers: 2 });
      const { trees } = (await trained(learner, data)) as TreesState;
      expect(trees.some(({ nodeRows }) => nodeRows.length > 0)).toBe(true);
      for (const { nodeRows, leafRows, left, right } of trees) {
        const rowsOf = (child: number): number => (child < 0 ? leafRows[-1 - child]! : nodeRows[child]!);
        nodeRows.forEach((own, node) => {
          expect(rowsOf(left[node]!) + rowsOf(right[node]!)).toBe(own);
        });
        if (learner.name !== "forest") expect(leafRows.reduce((sum, own) => sum + own, 0)).toBe(data.rows);
      }
    });
});

// Trees round and draw by a row's place in its page, so these hold for them only by the look of the curve.
const bySums = cases.filter(({ name, learner }) => !usesFolds.has(name) && !onBins(learner));
describe.each(bySums)("$name for $task, by sums", ({ learner, task }) => {
  const table = tableOf(task);

  test("comes to the same outputs from pages of another size, but for rounding", async () => {
    const data = memoryData(table);
    const one = scored(learner, await trained(learner, memoryData({ ...table, pageRows: 320 })), data);
    const many = scored(learner, await trained(learner, data), data);
    expectNear(many, one);
  });

  test("takes a weight of 2 as the row twice", async () => {
    const times = Array.from(table.weight!).flatMap((weight, i) => new Array<number>(weight).fill(i));
    const pick = (values: ArrayLike<number>): number[] => times.map((i) => values[i]!);
    const [category] = table.categories!;
    const { weight: _, ...unweighted } = table;
    const data = memoryData(table);
    const repeated = memoryData({
      ...unweighted,
      numbers: table.numbers.map(pick),
      categories: [{ ...category!, codes: pick(category!.codes) }],
      label: pick(table.label),
      fill: data.blocks.flatMap((block) => (block.kind === "number" ? [block.fill] : [])),
    });
    // The default penalty counts rows, so that weights times a constant stay the same weights.
    const given = "penalty" in learner.params ? { penalty: 1e-6 } : {};
    const fitted = (rows: TrainingData) => learner.fit(rows, resolveParams(learner.name, learner.params, given), 5);
    const weighted = scored(learner, await fitted(data), data);
    const twice = scored(learner, await fitted(repeated), data);
    expectNear(twice, weighted);
  });
});

describe.each(cases)("$name for $task, weighted", ({ learner, task }) => {
  test.each([1e7, 4e-7])("takes weights times %d as the same weights", async (times) => {
    const table = tableOf(task);
    const data = memoryData(table);
    const weight = Array.from(table.weight!, (own) => own * times);
    const one = scored(learner, await trained(learner, data), data);
    const other = scored(learner, await trained(learner, memoryData({ ...table, weight })), data);
    for (const [k, output] of one.entries()) {
      const spread = Math.max(...output) - Math.min(...output);
      const apart = output.map((value, i) => Math.abs(other[k]![i]! - value));
      // Gradients and weights are rounded to float32: a tree may part rows elsewhere that gain the same there.
      expect(apart.reduce((sum, of) => sum + of, 0) / rows).toBeLessThan(0.02 * spread + 1e-6);
    }
  });
});

/** Rows of two numbers and two classes, in the order of their label or in none. */
function orderedTable(learner: Learner, sorted: boolean, pageRows: number): MemoryTable {
  const next = generator(21);
  const made = Array.from({ length: 2000 }, () => {
    const [a, b] = [next() * 4 - 2, next() * 4 - 2];
    const margin = a - 0.5 * b + 3 * (next() - 0.5);
    return { a, b, y: learner.tasks.includes("binary") ? +(margin > 0.4) : margin };
  });
  if (sorted) made.sort((one, other) => one.y - other.y);
  return {
    numbers: [made.map(({ a }) => a), made.map(({ b }) => b)],
    label: made.map(({ y }) => y),
    task: learner.tasks.includes("binary") ? "binary" : "regression",
    pageRows,
  };
}

/** The share of rows on the right side of 0 (numbers: of 0.4), as a label or a margin has them. */
function rightSide(output: Float64Array, { label, task }: MemoryTable): number {
  const border = task === "binary" ? 0 : 0.4;
  const right = Array.from(label).filter((y, i) => output[i]! > border === (task === "binary" ? y === 1 : y > border));
  return right.length / output.length;
}

describe.each(learners.filter(({ name }) => usesFolds.has(name)))("$name, row by row", (learner) => {
  test.each([2048, 512])(
    "learns rows in the order of their label as well as in any order, pages of %i",
    async (page) => {
      const shares = [];
      for (const sorted of [true, false]) {
        const table = orderedTable(learner, sorted, page);
        const data = memoryData(table);
        shares.push(rightSide(scored(learner, await trained(learner, data), data)[0]!, table));
        expect(data.warnings).toEqual([]);
      }
      expect(shares[1]).toBeGreaterThan(0.7);
      expect(Math.abs(shares[0]! - shares[1]!)).toBeLessThanOrEqual(0.01);
    },
  );

  test("says so where rows in the order of their label are more than it mixes", async () => {
    const warned = async (sorted: boolean): Promise<string[]> => {
      const data = memoryData(orderedTable(learner, sorted, 64));
      await trained(learner, data);
      return data.warnings.map(({ code }) => code);
    };
    // sgd gathers megabytes of rows, however many pages they are.
    expect(await warned(true)).toEqual(learner.name === "sgd" ? [] : ["ordered_rows"]);
    expect(await warned(false)).toEqual([]);
  });
});

describe("docs/adding/learner.md", () => {
  test("shows the baseline as it is", () => {
    const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
    const shown = read("docs/adding/learner.md").matchAll(/```ts\n([\s\S]*?)```/g);
    for (const [, code] of shown) expect(read("src/learners/baseline.ts")).toContain(code);
  });
});

describe("learnerNamed", () => {
  test("finds each learner by its name, and names are unique", () => {
    for (const learner of learners) expect(learnerNamed(learner.name)).toBe(learner);
  });

  test("offers the nearest name for one that does not exist", () => {
    expect(() => learnerNamed("logistics")).toThrow(/no learner "logistics"; did you mean "logistic"\?/);
  });
});
