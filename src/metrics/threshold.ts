import { SluiceError } from "../base/errors.js";
import { logit, type Ranking } from "./ranking.js";

/** From which probability on a row counts as positive: a number, or what shall be reached on the rows that judge. */
export type Goal =
  | { readonly kind: "probability"; readonly value: number }
  | { readonly kind: "best-f1" }
  | { readonly kind: "precision" | "recall"; readonly least: number }
  | { readonly kind: "top"; readonly share: number };

const forms = "a probability such as 0.3, best-f1, precision>=0.9, recall>=0.8 or top:1%";

export function parseGoal(text: string): Goal {
  const wrong = (): SluiceError =>
    new SluiceError("usage", `--threshold ${text}: it must be ${forms}`, { value: text });
  if (text === "best-f1") return { kind: "best-f1" };
  const share = (words: string): number => {
    const [, digits, percent] = /^(\d*\.?\d+)(%?)$/.exec(words.trim()) ?? [];
    const value = digits === undefined ? Number.NaN : Number(digits) / (percent === "" ? 1 : 100);
    if (!(value > 0 && value < 1)) throw wrong();
    return value;
  };
  const [, kind, words] = /^(precision|recall)\s*>=(.+)$/.exec(text) ?? [];
  if (kind !== undefined) return { kind: kind as "precision" | "recall", least: share(words!) };
  if (text.startsWith("top:")) return { kind: "top", share: share(text.slice(4)) };
  return { kind: "probability", value: share(text) };
}

/** The margin above which a row counts as positive; undefined where no threshold reaches the goal. */
export function cutFor(goal: Goal, ranking: Ranking): number | undefined {
  if (goal.kind === "probability") return logit(goal.value);
  const { count, positives, negatives, score, allPositives, allNegatives } = ranking;
  let best: { at: number; value: number } | undefined;
  let p = 0;
  let n = 0;
  for (let i = count - 1; i >= 0; i--) {
    p += positives[i]!;
    n += negatives[i]!;
    const share = (p + n) / (allPositives + allNegatives);
    // Of all that reach the goal: the best F1, the most positives found, the best precision, the share that is nearest.
    const value = {
      "best-f1": (2 * p) / (p + n + allPositives),
      precision: goal.kind === "precision" && p / (p + n) >= goal.least ? p / allPositives : -1,
      recall: goal.kind === "recall" && p / allPositives >= goal.least ? p / (p + n) : -1,
      top: goal.kind === "top" ? -Math.abs(share - goal.share) : -1,
    }[goal.kind];
    if ((value > 0 || goal.kind === "top") && (best === undefined || value > best.value)) best = { at: i, value };
  }
  if (!best) return undefined;
  // Between two scores, so that a last digit that differs in another form of the model changes nothing.
  const below = best.at > 0 ? score[best.at - 1]! : score[0]! - 1;
  return (below + score[best.at]!) / 2;
}

/** Precision, recall and lift of the rows with the highest scores, at shares that people can look at. */
export function topRows(ranking: Ranking): { share: number; precision: number; recall: number; lift: number }[] {
  const { count, positives, negatives, allPositives, allNegatives } = ranking;
  const all = allPositives + allNegatives;
  return [0.01, 0.05, 0.1].map((share) => {
    let [left, found] = [share * all, 0];
    for (let i = count - 1; i >= 0 && left > 0; i--) {
      const weight = positives[i]! + negatives[i]!;
      if (weight === 0) continue;
      const taken = Math.min(left, weight);
      found += (taken * positives[i]!) / weight; // of a bin on the border, its share
      left -= taken;
    }
    const precision = found / (share * all);
    return { share, precision, recall: found / allPositives, lift: precision / (allPositives / all) };
  });
}
