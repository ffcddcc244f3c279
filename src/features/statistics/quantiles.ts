import { canonical } from "../../base/canonical.js";
import type { Expr } from "../../expr/expr.js";
import type { Relation } from "../../expr/relation.js";
import type { Question } from "../contract.js";
import {
  asReal,
  blocksOfExprs,
  countRows,
  defaultBlockColumns,
  defaultSampleRows,
  inSample,
  type StatisticsOptions,
  type Tell,
} from "./ask.js";

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
  const from: Relation = where.kind === "lit" ? options.relation : { kind: "filter", from: options.relation, where };
  await fromRows(sampled, from, Math.min(rows, wanted), options, tell);
}

/** A block of columns holds about 64 MB of doubles. */
async function fromRows(
  asked: readonly Quantiles[],
  from: Relation,
  rows: number,
  options: StatisticsOptions,
  tell: Tell,
): Promise<void> {
  const columnsAtOnce = Math.max(
    1,
    Math.min(options.blockColumns ?? defaultBlockColumns, Math.floor(8e6 / Math.max(1, rows))),
  );
  for (const block of blocksOfExprs(asked, columnsAtOnce)) {
    const exprs = new Map(block.map(({ of }) => [canonical(of), of]));
    const sorted = await sortedValues([...exprs.values()], from, options);
    const byKey = new Map([...exprs.keys()].map((key, i) => [key, sorted[i]!]));
    for (const question of block) {
      const values = byKey.get(canonical(question.of))!;
      tell(question, values.length === 0 ? null : question.at.map((share) => quantileOf(values, share)));
    }
  }
}

/** The values of each expression, sorted; missing and not finite ones left out. */
async function sortedValues(
  exprs: readonly Expr[],
  from: Relation,
  options: StatisticsOptions,
): Promise<Float64Array[]> {
  const columns = Object.fromEntries(exprs.map((of, i) => [`a${i}`, asReal(of)]));
  const parts: Float64Array[][] = exprs.map(() => []);
  for await (const chunk of options.engine.batches({ kind: "project", from, columns }, options.signal))
    chunk.columns.forEach(({ data, valid }, i) => {
      const present = new Float64Array(chunk.rows);
      let length = 0;
      for (let row = 0; row < chunk.rows; row++) {
        const value = Number(data[row]);
        if ((valid === undefined || (valid[row >> 3]! >> (row & 7)) & 1) && Number.isFinite(value))
          present[length++] = value;
      }
      parts[i]!.push(present.subarray(0, length));
    });
  return parts.map(joinSorted);
}

function joinSorted(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all.sort();
}

/** Linear between the two nearest order statistics (type 7 of Hyndman and Fan 1996, the default of NumPy and R). */
export function quantileOf(sorted: ArrayLike<number>, at: number): number {
  const place = (sorted.length - 1) * at;
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (place - below);
}
