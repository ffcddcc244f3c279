import type { Ledger } from "../base/ledger.js";
import { packCounts } from "../expr/slots.js";
import type { FittedFeature, TextBlock } from "../features/contract.js";
import { blocksOf } from "../features/fit.js";
import { featureNamed } from "../features/index.js";
import { rowSets } from "../pages/row-set.js";
import type { Journal } from "../runs/journal.js";
import type { Dataset } from "./dataset.js";
import { documents } from "./passes/documents.js";

const countsDocuments = ({ feature }: FittedFeature): boolean => featureNamed(feature).counted !== undefined;
export const needsDocuments = (fitted: readonly FittedFeature[]): boolean => fitted.some(countsDocuments);

/**
 * Features that weigh terms by the training rows that have them, with those counted: one scan, the one that encodes the rows. Counts are
 * whole numbers, the same in any order.
 */
export async function countDocuments(
  fitted: readonly FittedFeature[],
  dataset: Dataset,
  { ledger, plan: { threads } }: { readonly ledger: Ledger; readonly plan: { readonly threads: number } },
  journal: Journal | undefined,
): Promise<FittedFeature[]> {
  const texts = fitted.flatMap((one, i) =>
    blocksOf([one])
      .filter((block): block is TextBlock => block.kind === "text")
      .map(({ terms }) => ({ stage: i, width: 2 ** terms.bits, counted: countsDocuments(one) })),
  );
  const columns = texts.flatMap(({ counted }, c) => (counted ? [c] : []));
  const width = columns.reduce((sum, c) => sum + texts[c]!.width, 1);
  // Each worker has a sum at hand and one on its way; one is merged into.
  const lease = ledger.lease("counts of words", 8 * width * (2 * threads + 2));
  try {
    const [sum] = await dataset.run(
      [{ name: documents.name, params: { columns }, rows: rowSets.train }],
      journal,
      "documents",
    );
    let first = 1;
    const counts = new Map(
      columns.map((c) => {
        const { stage, width: own } = texts[c]!;
        first += own;
        return [stage, packCounts(sum!.subarray(first - own, first))] as const;
      }),
    );
    return fitted.map((one, i) => {
      const found = counts.get(i);
      return found ? { ...one, state: featureNamed(one.feature).counted!(one.state, sum![0]!, found) } : one;
    });
  } finally {
    lease.release();
  }
}
