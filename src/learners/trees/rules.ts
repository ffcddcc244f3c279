import { formatCount } from "../../base/units.js";
import type { Block } from "../../features/contract.js";
import type { Task } from "../contract.js";
import type { Tree, TreesState } from "./tree.js";

/** What a person still reads. */
const mostLeaves = 64;
const shownLevels = 4;

/**
 * A model of one small tree as text: a line for each side of each split, and at a leaf what it predicts. `classes` are names, in the
 * order of their codes. Nothing for a model that is more than one tree per output, or too large to be read.
 */
export function treeRules(
  state: TreesState,
  blocks: readonly Block[],
  task: Task,
  classes: readonly string[],
): string | undefined {
  const [tree] = state.trees;
  if (!tree || state.trees.length !== state.base.length || tree.value.length > mostLeaves) return undefined;
  if (!state.trees.every((other, k) => other.output === k && isLike(other, tree))) return undefined;
  const values = (leaf: number): number[] => state.trees.map(({ value }, k) => state.base[k]! + value[leaf]!);
  const lines: (readonly [condition: string, rows: number, value: string])[] = [];
  const thresholds = readable(tree);
  const visit = (at: number, indent: string, condition: string): void => {
    const rows = at >= 0 ? tree.nodeRows[at]! : tree.leafRows[-1 - at]!;
    if (condition !== "" || at < 0)
      lines.push([
        `${indent}${condition === "" ? "all rows" : condition}`,
        rows,
        at >= 0 ? "" : predicted(values(-1 - at), state.link, task, classes),
      ]);
    if (at < 0) return;
    const deeper = condition === "" ? indent : `${indent}  `;
    const [left, right] = conditionsOf(tree, at, blocks, thresholds);
    visit(tree.left[at]!, deeper, left);
    visit(tree.right[at]!, deeper, right);
  };
  visit(tree.left.length === 0 ? -1 : 0, "", "");
  const width = Math.max(...lines.map(([condition]) => condition.length));
  const counts = lines.map(([, rows]) => formatCount(rows));
  const digits = Math.max(...counts.map((count) => count.length));
  return lines
    .map(([condition, , value], i) =>
      `${condition.padEnd(width)}  ${counts[i]!.padStart(digits)} rows${value === "" ? "" : `  ${value}`}`.trimEnd(),
    )
    .join("\n");
}

const isLike = (a: Tree, b: Tree): boolean =>
  a.value.length === b.value.length &&
  [a.feature, a.left, a.right].every((list, i) => String(list) === String([b.feature, b.left, b.right][i])) &&
  String(a.test) === String(b.test);

function conditionsOf(
  tree: Tree,
  node: number,
  blocks: readonly Block[],
  thresholds: ReadonlyMap<number, string>,
): readonly [string, string] {
  const block = blocks[tree.feature[node]!]!;
  const test = tree.test[node]!;
  const [leftMissing, rightMissing] = tree.missingLeft[node] ? [" or missing", ""] : ["", " or missing"];
  if (block.kind !== "category") {
    const shown = thresholds.get(node)!;
    return [`${block.name} <= ${shown}${leftMissing}`, `${block.name} > ${shown}${rightMissing}`];
  }
  const inLeft = new Set(test as readonly number[]);
  const left = block.levels.filter((_, code) => inLeft.has(code));
  const right = block.levels.filter((_, code) => !inLeft.has(code));
  const [is, isNot] =
    left.length <= right.length
      ? [`${block.name} is ${listed(left)}`, `${block.name} is another`]
      : [`${block.name} is another than below`, `${block.name} is ${listed(right)}`];
  return [`${is}${leftMissing}`, `${isNot}${rightMissing}`];
}

function listed(levels: readonly (string | number | boolean)[]): string {
  if (levels.length === 0) return "none";
  const more = levels.length - shownLevels;
  const names = (more === 1 ? levels : levels.slice(0, shownLevels)).map(String);
  return more > 1 ? `${names.join(", ")} or ${more} more` : names.join(", ").replace(/, ([^,]*)$/, " or $1");
}

/** Each node's threshold in as few digits as keep those of one feature apart: four at least. */
function readable({ feature, test }: Tree): Map<number, string> {
  const shown = new Map<number, string>();
  for (const asked of new Set(feature)) {
    const nodes = feature.flatMap((one, node) => (one === asked && typeof test[node] === "number" ? [node] : []));
    const values = [...new Set(nodes.map((node) => test[node] as number))];
    let digits = 4;
    while (digits < 17 && new Set(values.map((value) => value.toPrecision(digits))).size < values.length) digits++;
    for (const node of nodes) shown.set(node, short(test[node] as number, digits));
  }
  return shown;
}

/** Rounded to so many digits, but never a whole number's. */
const short = (value: number, digits: number): string =>
  String(
    Number(
      value.toPrecision(Math.max(digits, Math.abs(value) < 1e15 ? String(Math.trunc(Math.abs(value))).length : 0)),
    ),
  );

function predicted(raw: readonly number[], link: TreesState["link"], task: Task, classes: readonly string[]): string {
  if (task === "regression") return short(link === "exp" ? Math.exp(raw[0]!) : raw[0]!, 4);
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  if (raw.length === 1) {
    const share = link === "identity" ? 1 / (1 + Math.exp(-raw[0]!)) : raw[0]!;
    return `${classes[1]} ${percent(share)}`;
  }
  const parts = link === "identity" ? raw.map((value) => Math.exp(value - Math.max(...raw))) : raw;
  const total = parts.reduce((sum, part) => sum + part, 0);
  const largest = parts.map((part, k) => ({ name: classes[k]!, share: part / total }));
  largest.sort((a, b) => b.share - a.share);
  return largest
    .slice(0, 3)
    .filter(({ share }) => share >= 0.0005)
    .map(({ name, share }) => `${name} ${percent(share)}`)
    .join(", ");
}
