import type { GrowOptions } from "./grow.js";
import type { BinFeature } from "./split-contract.js";
import type { Table } from "./testing.js";

interface Leaf {
  path: string;
  used: number[];
  rows: number[];
  lower: number;
  upper: number;
}

interface Cut {
  feature: number;
  left: Set<number>;
  l2: number;
}

/**
 * Best-first growth over the rows themselves, one split at a time: each split as "path: feature, bins that go left, gain", each leaf as
 * "path: rows, g, h".
 */
export function growReference(table: Table, options: GrowOptions): { splits: string[]; leaves: string[] } {
  const leaves: Leaf[] = [
    {
      path: "",
      used: [],
      rows: Array.from({ length: table.rows }, (_, row) => row),
      lower: -options.maxStep,
      upper: options.maxStep,
    },
  ];
  const splits: string[] = [];
  while (leaves.length < options.leaves) {
    const found = leaves.map((leaf) => ({ leaf, best: bestOf(leaf, table, options) }));
    const top = found.reduce((a, b) => ((b.best?.gain ?? 0) > (a.best?.gain ?? 0) ? b : a));
    if (!top.best) break;
    const { leaf, best } = top;
    const { feature, left } = best.cut;
    splits.push(`${leaf.path}: ${feature}, ${[...left].sort((a, b) => a - b)}, ${best.gain.toPrecision(9)}`);
    const side = (goesLeft: boolean): Leaf => {
      const rows = leaf.rows.filter((row) => left.has(table.codes[feature]![row]!) === goesLeft);
      const child = { ...leaf, rows, path: leaf.path + (goesLeft ? "L" : "R"), used: [...leaf.used, feature] };
      const way = (options.monotone[feature] ?? 0) * (goesLeft ? 1 : -1);
      if (way > 0) child.upper = best.middle;
      if (way < 0) child.lower = best.middle;
      return child;
    };
    leaves.splice(leaves.indexOf(leaf), 1);
    leaves.push(side(true), side(false));
  }
  return {
    splits,
    leaves: leaves
      .map(({ path, rows }) => `${path}: ${rows.length}, ${sum(table.g, rows)}, ${sum(table.h, rows)}`)
      .sort(),
  };
}

function bestOf(
  leaf: Leaf,
  table: Table,
  options: GrowOptions,
): { cut: Cut; gain: number; middle: number } | undefined {
  if (options.depth > 0 && leaf.path.length >= options.depth) return undefined;
  if (leaf.rows.length < 2 * options.minLeafRows) return undefined;
  const total = sums(table, leaf.rows);
  const value = (g: number, h: number, l2: number) => {
    const pull = Math.sign(g) * Math.max(Math.abs(g) - options.l1, 0);
    return Math.min(leaf.upper, Math.max(leaf.lower, -pull / (h + l2)));
  };
  const score = (g: number, h: number, l2: number) => {
    const at = value(g, h, l2);
    return -2 * (g * at + options.l1 * Math.abs(at)) - (h + l2) * at * at;
  };
  const parent = score(total.g, total.h, options.l2);
  let best: { cut: Cut; gain: number; middle: number } | undefined;
  for (const [feature, its] of table.features.entries()) {
    if (!mayShare([...leaf.used, feature], options.interactions)) continue;
    const byBin = Array.from({ length: its.bins }, (_, bin) =>
      sums(
        table,
        leaf.rows.filter((row) => table.codes[feature]![row] === bin),
      ),
    );
    for (const { bins, l2 } of candidates(its, byBin, leaf.rows.length, options)) {
      const left = { g: 0, h: 0 };
      for (const bin of bins) {
        left.g += byBin[bin]!.g;
        left.h += byBin[bin]!.h;
      }
      const right = { g: total.g - left.g, h: total.h - left.h };
      if ([left, right].some(({ h }) => h < options.minLeafHessian || !hasRows(h, options.minLeafRows))) continue;
      const values = [value(left.g, left.h, l2), value(right.g, right.h, l2)] as const;
      if ((options.monotone[feature] ?? 0) * (values[1] - values[0]) < 0) continue;
      const gain = score(left.g, left.h, l2) + score(right.g, right.h, l2) - parent;
      // Exactly equal splits have equal sums here and there; other gains differ by more than rounding.
      if (gain <= Math.max(options.minGain, 1e-9 * parent, best?.gain ?? 0)) continue;
      best = { cut: { feature, left: new Set(bins), l2 }, gain, middle: (values[0] + values[1]) / 2 };
    }
  }
  return best;

  function hasRows(h: number, least: number): boolean {
    return h > 0 && 2 * h * leaf.rows.length >= (2 * least - 1) * total.h;
  }
}

/** The bins of each left side that may be tried, in the order that breaks ties. */
function* candidates(
  { kind, bins }: BinFeature,
  byBin: readonly { g: number; h: number }[],
  rows: number,
  { l2, category, minLeafRows, minLeafHessian }: GrowOptions,
): Iterable<{ bins: number[]; l2: number }> {
  const all = byBin.map((_, bin) => bin);
  const total = byBin.reduce((sum, { h }) => sum + h, 0);
  /** Levels that go left, and what no row here lacks where that is the larger side. */
  const withMissing = (levels: readonly number[]): number[] => {
    const share = levels.reduce((sum, bin) => sum + byBin[bin]!.h, 0);
    return byBin[bins - 1]!.h === 0 && 2 * share > total ? [...levels, bins - 1] : [...levels];
  };
  if (kind === "number") {
    const { g, h } = byBin[bins - 1]!;
    for (let end = 1; end < bins; end++) {
      const left = all.slice(0, end);
      const share = left.reduce((sum, bin) => sum + byBin[bin]!.h, 0);
      if (g === 0 && h === 0) yield { bins: 2 * share > total ? [...left, bins - 1] : left, l2 };
      else for (const missing of [[], [bins - 1]]) yield { bins: [...left, ...missing], l2 };
    }
  } else if (bins - 1 <= category.oneAgainstRest) for (const bin of all) yield { bins: withMissing([bin]), l2 };
  else {
    const enough = (h: number, least: number) => 2 * h * rows >= (2 * least - 1) * total;
    const ratio = (bin: number) => byBin[bin]!.g / (byBin[bin]!.h + category.smooth);
    const order = all.filter((bin) => byBin[bin]!.h > 0 && enough(byBin[bin]!.h, category.smooth));
    order.sort((a, b) => ratio(a) - ratio(b) || a - b);
    const most = Math.min(category.maxLevels, Math.ceil(order.length / 2));
    for (const end of [order, order.slice().reverse()])
      for (let taken = 1, group = 0, left = 0; taken <= most; taken++) {
        group += byBin[end[taken - 1]!]!.h;
        left += byBin[end[taken - 1]!]!.h;
        if (left < minLeafHessian || !enough(left, minLeafRows) || !enough(group, category.minGroupRows)) continue;
        if (!enough(total - left, category.minGroupRows)) break;
        yield { bins: withMissing(end.slice(0, taken)), l2: l2 + category.l2 };
        group = 0;
      }
  }
}

const mayShare = (used: readonly number[], groups: GrowOptions["interactions"]): boolean =>
  !groups || new Set(used).size === 1 || groups.some((group) => used.every((feature) => group.includes(feature)));

const sum = (of: Int32Array, rows: readonly number[]): number => rows.reduce((total, row) => total + of[row]!, 0);

const sums = ({ g, h }: Table, rows: readonly number[]) => ({ g: sum(g, rows), h: sum(h, rows) });
