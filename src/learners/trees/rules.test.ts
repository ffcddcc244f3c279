import { expect, test } from "vitest";
import { col } from "../../expr/expr.js";
import type { Block } from "../../features/contract.js";
import { treesImportance } from "./importance.js";
import { treeRules } from "./rules.js";
import type { Tree, TreesState } from "./tree.js";

const blocks: readonly Block[] = [
  { kind: "number", name: "distance", expr: col("distance"), fill: 0 },
  { kind: "category", name: "carrier", expr: col("carrier"), levels: ["AA", "B6", "DL", "F9", "NK", "UA", "WN"] },
];
const tree: Tree = {
  output: 0,
  feature: [0, 1, 0, 1],
  test: [812.4999, [0, 2], 812.6001, [0, 1, 2, 3, 4, 5]],
  missingLeft: [true, false, false, true],
  left: [1, -1, -3, -4],
  right: [2, -2, 3, -5],
  gain: [4, 2, 1, 0.5],
  nodeRows: [12_000, 9000, 3000, 2500],
  leafRows: [6000, 3000, 500, 2000, 500],
  value: [0.1, 0.25, 0.5, -0.2, 0.0625],
};
const share: TreesState = { base: [0.25], link: "logit", trees: [tree] };

test("a tree reads as rules, with shares of the positive class", () => {
  expect(treeRules(share, blocks, "binary", ["on time", "late"])).toBe(
    [
      "distance <= 812.5 or missing                  9,000 rows",
      "  carrier is AA or DL                         6,000 rows  late 35.0 %",
      "  carrier is another or missing               3,000 rows  late 50.0 %",
      "distance > 812.5                              3,000 rows",
      "  distance <= 812.6                             500 rows  late 75.0 %",
      "  distance > 812.6 or missing                 2,500 rows",
      "    carrier is another than below or missing  2,000 rows  late 5.0 %",
      "    carrier is WN                               500 rows  late 31.3 %",
    ].join("\n"),
  );
});

test("several outputs of one tree are the shares of the classes", () => {
  const state: TreesState = {
    base: [0, 0, 0],
    link: "log",
    trees: [0.7, 0.3, 0].map((value, output) => ({ ...leaf(value), output })),
  };
  expect(treeRules(state, blocks, "multiclass", ["a", "b", "c"])).toBe("all rows  10 rows  a 70.0 %, b 30.0 %");
});

test("a number's tree says what it predicts", () => {
  const state: TreesState = { base: [1000], link: "identity", trees: [leaf(0.123456)] };
  expect(treeRules(state, blocks, "regression", [])).toBe("all rows  10 rows  1000");
});

test("what is more than one tree is not read", () => {
  expect(treeRules({ ...share, trees: [tree, tree] }, blocks, "binary", ["a", "b"])).toBeUndefined();
});

test("gains are summed by feature", () => {
  expect(treesImportance(share, blocks)).toEqual([
    { feature: "distance", gain: 5, splits: 2 },
    { feature: "carrier", gain: 2.5, splits: 2 },
  ]);
});

const leaf = (value: number): Tree => ({
  output: 0,
  feature: [],
  test: [],
  missingLeft: [],
  left: [],
  right: [],
  gain: [],
  nodeRows: [],
  leafRows: [10],
  value: [value],
});
