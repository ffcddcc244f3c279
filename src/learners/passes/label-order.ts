import type { PageLayout } from "../../pages/page.js";
import { definePass } from "../../pages/pass.js";

/** How much of the label's spread lies between pages: rows in the order of their label make it large, rows in any other order nothing. */
export const labelOrder = definePass<Record<never, never>>({
  name: "labelOrder",
  length: (_params, _layout: PageLayout) => 5,
  start: () => (page, into) => {
    const own = new Float64Array(5);
    for (let i = 0; i < page.rows; i++) {
      if (!(page.weight[i]! > 0)) continue;
      const off = page.label[i]! - own[1]!;
      own[0]!++;
      own[1]! += off / own[0]!;
      own[2]! += off * (page.label[i]! - own[1]!);
    }
    if (own[0] === 0) return;
    own[3] = own[2]!;
    own[4] = 1;
    merge(into, own);
  },
  merge: (into, part) => merge(into, part),
});

/** Rows, mean, squares about it, the part of these within pages, pages (Chan, Golub and LeVeque 1979). */
function merge(into: Float64Array, part: Float64Array): void {
  const [count, others] = [into[0]!, part[0]!];
  if (others === 0) return;
  const gap = part[1]! - into[1]!;
  const share = others / (count + others);
  into[0] = count + others;
  into[1]! += gap * share;
  into[2]! += part[2]! + gap * gap * count * share;
  into[3]! += part[3]!;
  into[4]! += part[4]!;
}

/** Far beyond chance, and enough to lead a walk astray: a share of the spread, and how much more than rows in any order would have. */
const leastShare = 0.05;
const leastRatio = 10;

/** Whether rows lie in the order of their label, and over how many pages. */
export function readLabelOrder([rows = 0, , all = 0, within = 0, pages = 0]: Float64Array): {
  readonly ordered: boolean;
  readonly share: number;
  readonly pages: number;
} {
  const between = Math.max(0, all - within);
  const share = all > 0 ? between / all : 0;
  const ratio = between / Math.max(1, pages - 1) / (within / Math.max(1, rows - pages) || Number.MIN_VALUE);
  return { ordered: pages > 1 && share >= leastShare && ratio >= leastRatio, share, pages };
}

export const orderedRows = (learner: string, share: number): { readonly code: string; readonly message: string } => ({
  code: "ordered_rows",
  message: `the rows lie in the order of their label (${Math.round(100 * share)} % of its spread is between one part of the source and the next), and ${learner} learns from rows as they come, a few parts together: write the source in another order (ORDER BY random()), or take a learner whose result no order changes`,
});
