import { canonical } from "../../base/canonical.js";
import type { Relation } from "../../expr/relation.js";
import type { Question } from "../contract.js";
import { asReal, blocksOfExprs, countRows, defaultSampleRows, type StatisticsOptions, type Tell } from "./ask.js";
import { filtered, inSample, readNumbers } from "./sample.js";

type Quantiles = Extract<Question, { ask: "quantiles" }>;

/**
 * Quantiles as order statistics of one seeded sample: exact for the sample, the same for every engine and thread count.
 * Those that make do with the first rows are read from them.
 */
export async function quantilesOf(asked: readonly Quantiles[], options: StatisticsOptions, tell: Tell): Promise<void> {
  for (const first of new Set(asked.flatMap((question) => question.first ?? [])))
    await fromRows(
      asked.filter((question) => question.first === first),
      { kind: "limit", from: options.relation, rows: first },
      first,
      options,
      tell,
    );
  const sampled = asked.filter((question) => question.first === undefined);
  if (sampled.length === 0) return;
  const rows = await countRows(options);
  const wanted = options.sampleRows ?? defaultSampleRows;
  const where = inSample(options.seed, wanted, rows);
  await fromRows(sampled, filtered(options.relation, where), Math.min(rows, wanted), options, tell);
}

const mostColumns = 1000;

/** A block of columns holds about 64 MB of doubles. */
async function fromRows(
  asked: readonly Quantiles[],
  from: Relation,
  rows: number,
  options: StatisticsOptions,
  tell: Tell,
): Promise<void> {
  const columnsAtOnce = Math.max(1, Math.min(mostColumns, Math.floor(8e6 / Math.max(1, rows))));
  for (const block of blocksOfExprs(asked, columnsAtOnce)) {
    const exprs = new Map(block.map(({ of }) => [canonical(of), of]));
    const values = await readNumbers([...exprs.values()].map(asReal), from, options);
    const byKey = new Map([...exprs.keys()].map((key, i) => [key, values[i]!.filter(Number.isFinite).sort()]));
    for (const question of block) {
      const values = byKey.get(canonical(question.of))!;
      tell(question, values.length === 0 ? null : question.at.map((share) => quantileOf(values, share)));
    }
  }
}

/** Linear between the two nearest order statistics (type 7 of Hyndman and Fan 1996, the default of NumPy and R). */
export function quantileOf(sorted: ArrayLike<number>, at: number): number {
  const place = (sorted.length - 1) * at;
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (place - below);
}
