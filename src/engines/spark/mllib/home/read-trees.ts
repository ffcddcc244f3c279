import { randomUUID } from "node:crypto";
import type { Row } from "../../../../base/schema.js";
import { quote } from "../../../../sql/spark/literals.js";
import type { SparkSession } from "../../connection/session.js";
import { sql } from "../../frames/plan.js";
import { collect } from "../collect.js";
import { removeFiles } from "../helper.js";
import type { MllibModel } from "../model.js";
import type { HomeTree } from "./state.js";

export interface TreeReading {
  /** A folder of the cluster's where the model may be written for a moment; else Spark's warehouse. */
  readonly folder?: string;
}

/** One node as Spark keeps it. Both children of a leaf are -1. */
interface Node {
  readonly id: number;
  readonly leaf: readonly number[];
  readonly left: number;
  readonly right: number;
  readonly feature: number;
  /** A threshold, or the codes that go left. */
  readonly test: readonly number[];
  /** -1 for a number. */
  readonly categories: number;
}

const ensembles = [
  "RandomForestClassificationModel",
  "RandomForestRegressionModel",
  "GBTClassificationModel",
  "GBTRegressionModel",
];

/**
 * Has Spark write the model and reads its nodes through the same session, so that no disk need be shared. A leaf of a classifier has
 * the weight of each class's rows (a forest's their shares), another leaf its prediction times the tree's weight.
 */
export async function readTrees(
  model: MllibModel,
  { folder }: TreeReading,
): Promise<{ readonly trees: readonly HomeTree[]; readonly divisor: number }> {
  const { session, name } = model;
  const path = `${(folder ?? (await warehouse(session))).replace(/\/$/, "")}/sluice-${randomUUID()}`;
  await model.write(path);
  try {
    const one = !ensembles.includes(name);
    const node = one ? "" : "nodeData.";
    const rows = await collect(
      session,
      sql(`SELECT ${one ? "0" : "treeID"} AS tree, ${node}id, ${node}prediction, ${node}impurityStats AS stats, ${node}leftChild AS left,
        ${node}rightChild AS right, ${node}split.featureIndex AS feature, ${node}split.leftCategoriesOrThreshold AS test,
        ${node}split.numCategories AS categories FROM parquet.${quote(`${path}/data`)} ORDER BY 1, 2`),
    );
    const weights = one ? [1] : ((await model.attribute("treeWeights")) as readonly number[]);
    const leafOf = leaves(name, weights);
    const trees = weights.map((_, t) =>
      treeOf(rows.filter((row) => row["tree"] === t).map((row) => nodeOf(row, leafOf(t, row)))),
    );
    return { trees, divisor: name === "RandomForestRegressionModel" ? weights.length : 1 };
  } finally {
    await removeFiles(session, path).catch(() => {}); // the model has come home all the same
  }
}

const warehouse = async (session: SparkSession): Promise<string> =>
  (await session.setting("spark.sql.warehouse.dir")) ?? "/tmp";

type Leaf = (tree: number, row: Row) => readonly number[];

function leaves(name: string, weights: readonly number[]): Leaf {
  if (!/(DecisionTree|RandomForest)Classification/.test(name))
    return (t, { prediction }) => [(prediction as number) * weights[t]!];
  if (name.startsWith("DecisionTree")) return (_, { stats }) => stats as readonly number[];
  return (t, row) => {
    const stats = row["stats"] as readonly number[];
    const total = stats.reduce((sum, value) => sum + value, 0);
    return stats.map((value) => (total === 0 ? 0 : (value / total) * weights[t]!));
  };
}

const nodeOf = (row: Row, leaf: readonly number[]): Node => ({
  id: row["id"] as number,
  leaf,
  left: row["left"] as number,
  right: row["right"] as number,
  feature: row["feature"] as number,
  test: row["test"] as readonly number[],
  categories: row["categories"] as number,
});

/** Spark numbers nodes and leaves together, from the root on; here inner nodes and leaves are numbered apart. */
export function treeOf(nodes: readonly Node[]): HomeTree {
  const isLeaf = ({ left }: Node): boolean => left < 0;
  const [inner, outer] = [nodes.filter((node) => !isLeaf(node)), nodes.filter(isLeaf)];
  const place = new Map<number, number>();
  inner.forEach((node, i) => {
    place.set(node.id, i);
  });
  outer.forEach((node, i) => {
    place.set(node.id, -1 - i);
  });
  const splits = inner.map(splitOf);
  return {
    feature: inner.map(({ feature }) => feature),
    test: splits.map(({ test }) => test),
    missingLeft: inner.map(() => false),
    left: splits.map(({ left }) => place.get(left)!),
    right: splits.map(({ right }) => place.get(right)!),
    values: outer.map(({ leaf }) => leaf),
  };
}

/**
 * Spark keeps the smaller half of the codes, and where that is the right one, all other values go left, also codes that it has never
 * seen. So the smaller half is what is asked here, and the sides change places for it.
 */
function splitOf({
  left,
  right,
  test,
  categories,
}: Node): Pick<Node, "left" | "right"> & { test: number | readonly number[] } {
  if (categories < 0) return { left, right, test: test[0]! };
  const codes = [...test].sort((a, b) => a - b);
  if (codes.length <= categories / 2) return { left, right, test: codes };
  const others = Array.from({ length: categories }, (_, code) => code).filter((code) => !codes.includes(code));
  return { left: right, right: left, test: others };
}
