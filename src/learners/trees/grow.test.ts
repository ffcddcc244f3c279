import { describe, expect, test } from "vitest";
import { type GrownTree, type GrowOptions, growTree, quarterOfRemaining } from "./grow.js";
import { growReference } from "./grow.reference.js";
import { leafValue } from "./leaf-value.js";
import { defaults, randomTable, rowsOf, type Table } from "./testing.js";

const mixed = [
  { kind: "number", bins: 9 },
  { kind: "category", bins: 14 },
  { kind: "number", bins: 5 },
  { kind: "number", bins: 7 },
  { kind: "category", bins: 4 },
  { kind: "category", bins: 8 },
] as const;
const histogramBytes = 16 * mixed.reduce((sum, { bins }) => sum + bins, 0);
const sequential: GrowOptions = { ...defaults, leaves: 16, depth: 0, lookAhead: () => 1 };

const settings: Record<string, Partial<GrowOptions>> = {
  "the defaults of the tests": {},
  "penalties and least sizes": { l1: 900, l2: 12, minGain: 1e5, minLeafRows: 6, minLeafHessian: 9 },
  "no penalty": { l2: 0, category: { ...defaults.category, l2: 0, smooth: 0 } },
  "few and coarse groups of levels": { category: { ...defaults.category, minGroupRows: 12, maxLevels: 3, smooth: 4 } },
  "levels alone": { category: { ...defaults.category, oneAgainstRest: 20 } },
  "a depth of three": { depth: 3 },
  "monotone constraints": { monotone: [1, 0, -1, 1] },
  "monotone constraints and l1": { monotone: [-1, 0, 0, 1], l1: 2000 },
  "short steps": { maxStep: 900 },
  "short steps, monotone constraints and l1": { maxStep: 900, monotone: [1, 0, -1, 1], l1: 200 },
  "interaction groups": {
    interactions: [
      [0, 1, 2],
      [2, 3, 4],
    ],
  },
};

async function grow(table: Table, options: GrowOptions) {
  const rows = rowsOf(table);
  const all = table.features.map(() => 1);
  const tree = await growTree(rows, table.features, all, { g: 1, h: 1 }, table.rows, options);
  return { tree, rows };
}

/** The tree in the words of its reference. */
function inWords({ nodes, leaves }: GrownTree): ReturnType<typeof growReference> {
  const paths = [""];
  const words: string[] = [];
  const splits = nodes.map(({ feature, goesLeft, gain, left, right }, index) => {
    const path = paths[index]!;
    for (const [child, side] of [
      [left, "L"],
      [right, "R"],
    ] as const)
      if (child >= 0) paths[child] = path + side;
      else {
        const { rows, g, h } = leaves[-1 - child]!;
        words.push(`${path}${side}: ${rows}, ${g}, ${h}`);
      }
    return `${path}: ${feature}, ${[...goesLeft.keys()].filter((bin) => goesLeft[bin])}, ${gain.toPrecision(9)}`;
  });
  return { splits, leaves: words.sort() };
}

const withoutIds = ({ nodes, leaves }: GrownTree) => ({ nodes, leaves: leaves.map(({ id: _, ...leaf }) => leaf) });

describe("growTree", () => {
  test.each(Object.entries(settings))("grows the tree of the reference under %s", async (_, options) => {
    for (const seed of [1, 2, 3, 4]) {
      const table = randomTable(seed, 160, mixed, seed !== 2);
      const expected = growReference(table, { ...sequential, ...options });
      expect(expected.splits.length).toBeGreaterThan(3);
      expect(inWords((await grow(table, { ...sequential, ...options })).tree)).toEqual(expected);
    }
  });

  test.each(Object.entries(settings))("does not depend on look-ahead or memory under %s", async (_, options) => {
    const table = randomTable(5, 300, mixed);
    const one = await grow(table, { ...sequential, ...options });
    expect(one.rows.asked.length).toBe(one.tree.nodes.length + 1);
    for (const lookAhead of [() => 2, quarterOfRemaining, () => 1000])
      for (const histograms of [1000, 6, 1]) {
        const given = { ...sequential, ...options, lookAhead, histogramBytes: histograms * histogramBytes };
        const other = await grow(table, given);
        expect(withoutIds(other.tree)).toEqual(withoutIds(one.tree));
        expect(Math.max(...other.rows.asked)).toBeLessThanOrEqual(Math.max(2, histograms));
        if (histograms === 1000) expect(other.rows.asked.length).toBeLessThan(one.rows.asked.length);
      }
  });

  test("asks for no histogram that cannot lead to a split", async () => {
    const table = randomTable(6, 300, mixed);
    const { rows: stump } = await grow(table, { ...sequential, leaves: 2 });
    expect(stump.asked).toEqual([1, 0]);
    const { rows: shallow } = await grow(table, { ...sequential, depth: 2, lookAhead: () => 9 });
    expect(shallow.asked).toEqual([1, 1, 0]);
  });

  test("is one leaf where nothing can be gained", async () => {
    const table = { ...randomTable(7, 20, mixed), g: new Int32Array(20) };
    const { tree } = await grow(table, sequential);
    expect(tree.nodes).toEqual([]);
    expect(tree.leaves).toMatchObject([{ id: 0, g: 0, rows: 20, l2: 1 }]);
  });

  test("keeps values in order along a constrained feature, all others being equal", async () => {
    const columns = [mixed[0], mixed[3], mixed[4]];
    const monotone = [1, -1] as const;
    const { tree } = await grow(randomTable(8, 400, columns), { ...sequential, leaves: 40, monotone });
    expect(tree.leaves.length).toBeGreaterThan(20);
    const valueAt = (codes: readonly number[]) => {
      let at = 0;
      while (at >= 0)
        at = tree.nodes[at]!.goesLeft[codes[tree.nodes[at]!.feature]!] ? tree.nodes[at]!.left : tree.nodes[at]!.right;
      const { g, h, l2, bounds } = tree.leaves[-1 - at]!;
      return leafValue(g, h, { l1: 0, l2 }, bounds);
    };
    let rises = 0;
    for (let a = 0; a < 8; a++)
      for (let b = 0; b < 6; b++)
        for (let c = 0; c < 4; c++) {
          if (a > 0) expect(valueAt([a, b, c])).toBeGreaterThanOrEqual(valueAt([a - 1, b, c]));
          if (b > 0) expect(valueAt([a, b, c])).toBeLessThanOrEqual(valueAt([a, b - 1, c]));
          if (a > 0 && valueAt([a, b, c]) > valueAt([a - 1, b, c])) rises++;
        }
    expect(rises).toBeGreaterThan(10);
  });
});
