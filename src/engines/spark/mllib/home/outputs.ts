import { call, type Expr, lit, sumOf } from "../../../../expr/expr.js";
import type { Deciding, HomeBayes, HomeCentres, HomeLinear, HomeTrees } from "./state.js";

/** What a classifier or regressor says of a row, as formulas over its features. Lists have an entry for each class. */
export interface Outputs {
  readonly rawPrediction?: readonly Expr[];
  readonly probability?: readonly Expr[];
  readonly prediction: Expr;
}

export type Predictor = HomeLinear | HomeTrees | HomeBayes | HomeCentres;

/** The same numbers as Spark's own columns of these names. */
export function outputsOf(model: Predictor, features: readonly Expr[]): Outputs {
  if (model.kind === "centres") return { prediction: nearest(model, features) };
  const raw = rawOf(model, features);
  if (model.classes === 0) return { prediction: raw[0]! };
  const probability = probabilityOf(model, raw);
  return { rawPrediction: raw, probability, prediction: decided(model, raw, probability) };
}

/**
 * The outputs of a learner of ours: `prediction` for regression, `margin` (log odds of class 1) for two classes, and `margin_<k>` for
 * more, whose softmax is the probabilities. A forest's probability of 0 or 1 is taken as 1e-15 away from it.
 */
export function marginsOf(
  model: Exclude<Predictor, HomeCentres>,
  features: readonly Expr[],
): Readonly<Record<string, Expr>> {
  const raw = rawOf(model, features);
  if (model.classes === 0) return { prediction: raw[0]! };
  const margins = model.kind === "trees" && model.how === "votes" ? probabilityOf(model, raw).map(logShare) : raw;
  if (model.classes > 2) return Object.fromEntries(margins.map((margin, k) => [`margin_${k}`, margin]));
  if (model.kind === "linear" && model.weights.length === 1) return { margin: raw[1]! };
  if (model.kind === "trees" && model.how === "odds") return { margin: call("mul", lit(2), raw[1]!) };
  return { margin: call("sub", margins[1]!, margins[0]!) };
}

const tiny = 1e-15;
const logShare = (share: Expr): Expr => call("ln", call("least", call("greatest", share, lit(tiny)), lit(1 - tiny)));

/** Of each class, Spark's raw prediction; of a regression, the prediction alone. */
function rawOf(model: HomeLinear | HomeTrees | HomeBayes, features: readonly Expr[]): readonly Expr[] {
  if (model.kind === "linear") {
    const margins = model.weights.map((weights, k) => call("add", dot(weights, features), lit(model.intercepts[k]!)));
    return model.classes > 0 && margins.length === 1 ? opposed(margins[0]!) : margins;
  }
  if (model.kind === "bayes") return bayes(model, features);
  const outputs = model.how === "votes" ? model.classes : 1;
  const sums = Array.from({ length: outputs }, (_, k) => treesOf(model, features, k));
  if (model.how === "odds") return opposed(sums[0]!);
  return model.divisor === 1 ? sums : sums.map((sum) => call("div", sum, lit(model.divisor)));
}

const opposed = (margin: Expr): readonly Expr[] => [call("neg", margin), margin];

function treesOf({ trees }: HomeTrees, features: readonly Expr[], k: number): Expr {
  const used = [...new Set(trees.flatMap(({ feature }) => feature))].sort((a, b) => a - b);
  const place = new Map(used.map((feature, i) => [feature, i]));
  return {
    kind: "trees",
    inputs: used.map((feature) => features[feature]!),
    base: 0,
    trees: trees.map(({ values, feature, ...tree }) => ({
      ...tree,
      feature: feature.map((one) => place.get(one)!),
      value: values.map((leaf) => leaf[k]!),
    })),
  };
}

function bayes({ prior, linear, means, variances, normalised }: HomeBayes, features: readonly Expr[]): readonly Expr[] {
  const raw = prior.map((start, k) => {
    const terms = features.flatMap((x, j) => {
      const mean = means?.[k]?.[j];
      if (mean === undefined) return [call("mul", lit(linear![k]![j]!), x)];
      const off = call("sub", x, lit(mean));
      return [call("div", call("mul", off, off), lit(-2 * variances![k]![j]!))];
    });
    return sumOf([lit(start), ...terms]);
  });
  if (!normalised) return raw;
  const largest = call("greatest", ...raw);
  const total = sumOf(raw.map((one) => call("exp", call("sub", one, largest))));
  return raw.map((one) => call("sub", one, call("add", call("ln", total), largest)));
}

function probabilityOf(model: HomeLinear | HomeTrees | HomeBayes, raw: readonly Expr[]): readonly Expr[] {
  if (model.kind === "trees" && model.how === "votes") {
    const total = sumOf(raw);
    return raw.map((one) => call("div", one, total));
  }
  if (model.kind === "trees" || (model.kind === "linear" && model.weights.length === 1)) {
    const slope = model.kind === "trees" ? 2 : 1;
    const one = sigmoid(slope === 1 ? raw[1]! : call("mul", lit(slope), raw[1]!));
    return [call("sub", lit(1), one), one];
  }
  const largest = call("greatest", ...raw);
  const parts = raw.map((one) => call("exp", call("sub", one, largest)));
  const total = sumOf(parts);
  return parts.map((one) => call("div", one, total));
}

const sigmoid = (x: Expr): Expr => call("div", lit(1), call("add", lit(1), call("exp", call("neg", x))));

/** The class that is predicted, as a real number, which is what Spark gives. */
function decided(
  { threshold, thresholds, classes }: Deciding,
  raw: readonly Expr[],
  probability: readonly Expr[],
): Expr {
  const [over] = thresholds && classes === 2 ? [1 / (1 + thresholds[0]! / thresholds[1]!)] : [threshold];
  if (over !== undefined && classes === 2)
    return call(
      "when",
      call("isNull", probability[1]!),
      lit(null),
      call("gt", probability[1]!, lit(over)),
      lit(1),
      lit(0),
    );
  return firstOf("greatest", thresholds ? probability.map((p, k) => call("div", p, lit(thresholds[k]!))) : raw);
}

/** The place of the largest (or least) value, the first of several; missing where a value is. */
function firstOf(of: "greatest" | "least", values: readonly Expr[]): Expr {
  if (values.length === 1) return lit(0);
  const best = call(of, ...values);
  const branches = values.slice(0, -1).flatMap((value, k) => [call("eq", value, best), lit(k)]);
  return call("when", call("isNull", values[0]!), lit(null), ...branches, lit(values.length - 1));
}

function nearest({ centres, distance }: HomeCentres, features: readonly Expr[]): Expr {
  if (distance === "cosine") {
    const near = centres.map((centre) =>
      dot(
        centre.map((value) => value / Math.hypot(...centre)),
        features,
      ),
    );
    return firstOf("greatest", near);
  }
  const far = centres.map((centre) =>
    sumOf(
      features.map((x, j) => {
        const off = call("sub", x, lit(centre[j]!));
        return call("mul", off, off);
      }),
    ),
  );
  return firstOf("least", far);
}

/** Weights of 0 are left out, so that wide models with few weights are short formulas. */
export function dot(weights: readonly number[], features: readonly Expr[]): Expr {
  const terms = weights.flatMap((weight, j) => (weight === 0 ? [] : [call("mul", lit(weight), features[j]!)]));
  return terms.length === 0 ? call("toReal", lit(0)) : sumOf(terms);
}
