import { describe, expect, test } from "vitest";
import { type GrowOptions, growTree, halfOfRemaining } from "./grow.js";
import { defaults, randomTable, rowsOf, type Table } from "./testing.js";

const mixed = [
  { kind: "number", bins: 10 },
  { kind: "category", bins: 12 },
  { kind: "number", bins: 5 },
  { kind: "category", bins: 4 },
] as const;

async function grow(table: Table, options: Partial<GrowOptions>) {
  const rows = rowsOf(table);
  const all = table.features.map(() => 1);
  const given = { ...defaults, leaves: 20, depth: 0, lookAhead: () => 1, ...options };
  const { nodes, leaves } = await growTree(rows, table.features, all, { g: 0.5, h: 2 }, table.rows, given);
  return { tree: { nodes, leaves: leaves.map(({ id: _, ...leaf }) => leaf) }, rounds: rows.rounds };
}

describe("growTree", () => {
  test("grows the same tree for any look-ahead and memory", async () => {
    for (const seed of [1, 2, 3]) {
      const table = randomTable(seed, 300, mixed, seed !== 2);
      const one = await grow(table, {});
      expect(one.tree.leaves).toHaveLength(20);
      expect(one.rounds).toBe(20);
      for (const lookAhead of [() => 2, halfOfRemaining, () => 1000])
        for (const histogramBytes of [Infinity, 16 * 31 * 7, 1]) {
          const other = await grow(table, { lookAhead, histogramBytes });
          expect(other.tree).toEqual(one.tree);
          if (histogramBytes === Infinity) expect(other.rounds).toBeLessThan(15);
        }
    }
  });
});
