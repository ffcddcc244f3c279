import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compile } from "../../expr/evaluate.js";
import { col } from "../../expr/expr.js";
import type { Block } from "../../features/contract.js";
import type { Task } from "../contract.js";
import { treesContributions } from "./contributions.js";
import { treesScore } from "./score.js";
import type { Tree, TreesState } from "./tree.js";

const fixture = JSON.parse(
  readFileSync(new URL("../../../test/fixtures/contributions.json", import.meta.url), "utf8"),
) as {
  readonly rows: readonly (readonly (number | null)[])[];
  readonly cases: readonly {
    readonly task: Task;
    readonly trees: readonly Tree[];
    /** For each row and output: a value per feature, then what they are added to. */
    readonly contributions: readonly (readonly (readonly number[])[])[];
    readonly raw: readonly (readonly number[])[];
  }[];
};

/** Three numbers, the second one with gaps, and a category of six levels with some. */
const blocks: readonly Block[] = [
  ...[0, 1, 2].map((i) => ({ kind: "number", name: `x${i}`, expr: col(`x${i}`), fill: 0 }) as const),
  { kind: "category", name: "x3", expr: col("x3"), levels: [0, 1, 2, 3, 4, 5] },
];
const rows = fixture.rows.map((row) => Object.fromEntries(row.map((value, i) => [`x${i}`, value])));

describe.each(fixture.cases)("LightGBM's trees for $task", ({ task, trees, contributions, raw }) => {
  const outputs = raw[0]!.length;
  const state: TreesState = { base: new Array<number>(outputs).fill(0), link: "identity", trees };

  test("score rows as it does", () => {
    const scores = Object.values(treesScore(state, blocks, task, outputs)).map((expr) => compile(expr));
    rows.forEach((row, i) => {
      // The same sums of doubles, perhaps in another order.
      scores.forEach((score, k) => void expect(score(row)).toBeCloseTo(raw[i]![k]!, 12));
    });
  });

  test("are taken apart as by its pred_contrib", () => {
    const { base, explain } = treesContributions(state, blocks);
    rows.forEach((row, i) => {
      explain(row).forEach((found, k) => {
        const theirs = contributions[i]![k]!;
        // The same algorithm in doubles: some hundreds of operations.
        expect(base[k]).toBeCloseTo(theirs.at(-1)!, 11);
        blocks.forEach((_, b) => void expect(found[b]).toBeCloseTo(theirs[b]!, 11));
      });
    });
  });
});

test("the rows have gaps, and the trees ask for levels and for missing values", () => {
  expect(fixture.rows.some(([, second]) => second === null)).toBe(true);
  expect(fixture.rows.some(([, , , level]) => level === null)).toBe(true);
  for (const { trees } of fixture.cases) {
    expect(trees.some(({ test: asked }) => asked.some((one) => typeof one !== "number"))).toBe(true);
    expect(trees.some(({ missingLeft }) => missingLeft.includes(true))).toBe(true);
  }
});
