import { SluiceError } from "../base/errors.js";
import { formatBytes, formatCount } from "../base/units.js";
import type { Engine } from "../engines/contract.js";
import type { Learner } from "../learners/contract.js";

export const summings = ["pages", "cluster"] as const;

/** Where passes over the training rows run, and why there. */
export interface Summing {
  readonly where: (typeof summings)[number];
  readonly why: string;
}

/** Encoded rows of more bytes stay on their cluster, unless they have more columns than sums of products are worth. */
export const mostTravelling = 4e9;
export const mostColumnsSummed = 200;

/** `width` is what second derivatives are summed for: columns with each level for itself, for each class of three or more. */
export interface EncodedSize {
  readonly rows: number;
  readonly columns: number;
  readonly width: number;
}

/**
 * The user's word, or else a rule of the rows alone: never of the budget or of the cluster's size, so that the same training is the
 * same model wherever it runs.
 */
export function whereSummed(
  { sums }: { readonly sums?: Summing["where"] },
  engine: Pick<Engine, "hold">,
  { name, needs }: Pick<Learner, "name" | "needs">,
  { rows, columns, width }: EncodedSize,
): Summing {
  const bytes = rows * (4 * columns + 9);
  if (sums === "cluster") {
    refuseUnsummed(name, needs, engine);
    return { where: "cluster", why: "--sums cluster" };
  }
  const rowsText = `${formatCount(rows)} rows of ${formatBytes(bytes)}, encoded`;
  if (sums === "pages") return { where: "pages", why: "--sums pages" };
  if (!engine.hold) return { where: "pages", why: "the rows are here" };
  if (!needs.inEngine) return { where: "pages", why: `${name} works on rows, not on sums` };
  if (bytes <= mostTravelling)
    return { where: "pages", why: `${rowsText}: up to ${formatBytes(mostTravelling)} travel` };
  if (width > mostColumnsSummed)
    return {
      where: "pages",
      why: `${rowsText}, in ${width} columns: products of more than ${mostColumnsSummed} take longer than the way here`,
    };
  return { where: "cluster", why: `${rowsText}: more than ${formatBytes(mostTravelling)} stay there` };
}

export function refuseUnsummed(name: string, needs: Learner["needs"] | undefined, engine?: Pick<Engine, "hold">): void {
  if (needs && !needs.inEngine)
    throw new SluiceError(
      "usage",
      `--sums cluster is for linear and logistic, and ${name} works on rows that are here; leave it out, or choose --learner linear or logistic`,
      { learner: name },
    );
  if (engine && !engine.hold)
    throw new SluiceError(
      "usage",
      "--sums cluster needs a cluster: say --on spark, with its address in SPARK_REMOTE",
      {},
    );
}
