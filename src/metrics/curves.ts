import { probabilityOf, type Ranking } from "./ranking.js";

type Table = readonly Readonly<Record<string, number | string>>[];

/** At most `points` of the ROC curve, evenly along its length, ends included. */
export function rocCurve(ranking: Ranking, points = 200): Table {
  const { count, positives, negatives, allPositives, allNegatives } = ranking;
  const out = [{ falsePositiveRate: 0, truePositiveRate: 0 }];
  let p = 0;
  let n = 0;
  let next = 1;
  for (let i = count - 1; i >= 0; i--) {
    p += positives[i]!;
    n += negatives[i]!;
    const x = n / allNegatives;
    const y = p / allPositives;
    if (i === 0 || (x + y) / 2 >= next / (points - 1)) {
      out.push({ falsePositiveRate: x, truePositiveRate: y });
      next = Math.floor(((x + y) / 2) * (points - 1)) + 1;
    }
  }
  return out;
}

/** At most `points` of the precision-recall curve, evenly by recall. */
export function precisionCurve(ranking: Ranking, points = 200): Table {
  const { count, positives, negatives, allPositives } = ranking;
  const out: { recall: number; precision: number }[] = [];
  let p = 0;
  let n = 0;
  let next = 0;
  for (let i = count - 1; i >= 0; i--) {
    p += positives[i]!;
    n += negatives[i]!;
    const recall = p / allPositives;
    if (i !== 0 && recall < next / (points - 1)) continue;
    out.push({ recall, precision: p / (p + n) });
    next = Math.floor(recall * (points - 1)) + 1;
    if (recall >= 1 && i !== 0) break;
  }
  return out;
}

/** The rows cut into groups of equal weight by score, lowest first; a bin on a border is shared out between its groups. */
export function equalGroups(
  ranking: Ranking,
  groups: number,
): { positives: number; weight: number; predicted: number; low: number; high: number }[] {
  const { count, positives, negatives, score, allPositives, allNegatives } = ranking;
  const size = (allPositives + allNegatives) / groups;
  const empty = () => ({ positives: 0, weight: 0, predicted: 0, low: Number.NaN, high: Number.NaN });
  const out = [empty()];
  for (let i = 0; i < count; i++) {
    const weight = positives[i]! + negatives[i]!;
    const rate = positives[i]! / weight;
    const predicted = probabilityOf(score[i]!);
    let left = weight;
    while (left > 0) {
      if (out.at(-1)!.weight >= size * (1 - 1e-12) && out.length < groups) out.push(empty());
      const group = out.at(-1)!;
      const taken = out.length === groups ? left : Math.min(left, size - group.weight);
      group.weight += taken;
      group.positives += taken * rate;
      group.predicted += taken * predicted;
      if (Number.isNaN(group.low)) group.low = predicted;
      group.high = predicted;
      left -= taken;
      if (taken < 1e-12 * size) break;
    }
  }
  return out;
}

/** Highest scores first: how many more positives than among all rows. */
export function liftTable(ranking: Ranking, groups = 10): Table {
  const rate = ranking.allPositives / (ranking.allPositives + ranking.allNegatives);
  let found = 0;
  let seen = 0;
  return equalGroups(ranking, groups)
    .reverse()
    .map(({ positives, weight, low }, i) => {
      found += positives;
      seen += weight;
      return {
        group: i + 1,
        weight,
        scoreFrom: low,
        rate: positives / weight,
        lift: positives / weight / rate,
        gain: found / ranking.allPositives,
        cumulativeLift: found / seen / rate,
      };
    });
}

/** Groups of equal weight: what was predicted on average, and what came. The error is their mean distance (Naeini et al. 2015). */
export function calibration(ranking: Ranking, groups = 15): { table: Table; error: number } {
  let error = 0;
  const table = equalGroups(ranking, groups).map(({ positives, weight, predicted }) => {
    error += Math.abs(predicted - positives) / (ranking.allPositives + ranking.allNegatives);
    return { weight, predicted: predicted / weight, observed: positives / weight };
  });
  return { table, error };
}

/** What a threshold on the probability would give, at the shares of rows above it that people ask for, and at the best F1. */
export function thresholds(ranking: Ranking): { table: Table; bestF1: number; bestThreshold: number } {
  const { count, positives, negatives, score, allPositives, allNegatives } = ranking;
  const shares = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9];
  const table: Record<string, number>[] = [];
  let p = 0;
  let n = 0;
  let bestF1 = 0;
  let bestThreshold = 0.5;
  for (let i = count - 1; i >= 0; i--) {
    p += positives[i]!;
    n += negatives[i]!;
    const share = (p + n) / (allPositives + allNegatives);
    const f1 = (2 * p) / (p + n + allPositives);
    const threshold = probabilityOf(score[i]!);
    if (f1 > bestF1) [bestF1, bestThreshold] = [f1, threshold];
    if (share < (shares[0] ?? Number.POSITIVE_INFINITY)) continue;
    while (shares.length > 0 && share >= shares[0]!) shares.shift();
    table.push({ share, threshold, precision: p / (p + n), recall: p / allPositives, f1 });
  }
  return { table, bestF1, bestThreshold };
}
