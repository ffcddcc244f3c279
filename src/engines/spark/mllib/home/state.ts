import type { DecisionTree } from "../../../../expr/expr.js";

/** A model of MLlib's that has come home: plain data, which formulas are written from. */
export type HomeModel =
  | HomeLinear
  | HomeTrees
  | HomeBayes
  | HomeCentres
  | HomeProjection
  | HomeAffine
  | HomeIndex
  | HomeFactors
  | HomeAssemble;

/** What a classifier makes of its classes' probabilities. */
export interface Deciding {
  /** 0 for regression. */
  readonly classes: number;
  /** Probability above which class 1 of two is predicted. */
  readonly threshold?: number;
  /** The class with the largest probability / threshold is predicted. */
  readonly thresholds?: readonly number[];
}
/** The columns that it reads and writes; an empty name writes none. */
interface Columns {
  readonly features: string;
  readonly prediction: string;
  readonly rawPrediction?: string;
  readonly probability?: string;
}

/** A row of weights and an intercept for each output: one for regression and for two classes, else one for each class. */
export interface HomeLinear extends Deciding {
  readonly kind: "linear";
  readonly columns: Columns;
  readonly weights: readonly (readonly number[])[];
  readonly intercepts: readonly number[];
}

/** A tree whose leaves have a value for each output. */
export interface HomeTree extends Omit<DecisionTree, "value"> {
  readonly values: readonly (readonly number[])[];
}
/**
 * `sum`: the prediction is the sum of the leaves. `odds`: half of the log odds of class 1 is. `votes`: of each class, the sum of the
 * leaves is its raw prediction, and its part of all of them its probability.
 */
export interface HomeTrees extends Deciding {
  readonly kind: "trees";
  readonly columns: Columns;
  readonly how: "sum" | "odds" | "votes";
  readonly trees: readonly HomeTree[];
  /** The sum is divided by this: the number of trees of a forest. */
  readonly divisor: number;
}

/**
 * Of each class `prior` and a term of each feature: `linear` * x, and for the Gaussian form -(x - mean)^2 / (2 * variance), where
 * `prior` has the logarithms of the deviations too.
 */
export interface HomeBayes extends Deciding {
  readonly kind: "bayes";
  readonly columns: Columns;
  readonly prior: readonly number[];
  readonly linear?: readonly (readonly number[])[];
  readonly means?: readonly (readonly number[])[];
  readonly variances?: readonly (readonly number[])[];
  /** The raw predictions are scaled so that the classes' e^raw add up to 1. */
  readonly normalised: boolean;
}

/** The nearest centre is predicted, the first of several. */
export interface HomeCentres {
  readonly kind: "centres";
  readonly columns: { readonly features: string; readonly prediction: string };
  readonly centres: readonly (readonly number[])[];
  readonly distance: "euclidean" | "cosine";
}

/** Each output is a weighted sum of the inputs, without centring. */
export interface HomeProjection {
  readonly kind: "projection";
  readonly columns: { readonly input: string; readonly output: string };
  readonly components: readonly (readonly number[])[];
}

/** (x - shift) * factor + offset; where the factor is missing, `offset` alone. */
export interface HomeAffine {
  readonly kind: "affine";
  readonly columns: { readonly input: string; readonly output: string };
  readonly shift: readonly number[];
  readonly factor: readonly (number | null)[];
  readonly offset: readonly number[];
}

/** Of each column, the place of its text among the labels; other texts are `unseen`, or missing. */
export interface HomeIndex {
  readonly kind: "index";
  readonly columns: { readonly inputs: readonly string[]; readonly outputs: readonly string[] };
  readonly labels: readonly (readonly string[])[];
  readonly unseen: "missing" | "last";
}

/** What alternating least squares found: a rating is the product of a user's and an item's factors. */
export interface HomeFactors {
  readonly kind: "factors";
  readonly columns: { readonly user: string; readonly item: string; readonly prediction: string };
  /** How many factors each has. */
  readonly rank: number;
  /** What a user or item gets that training never saw: NaN, or no row. */
  readonly cold: "nan" | "drop";
  readonly users: FactorTable;
  readonly items: FactorTable;
}
export interface FactorTable {
  /** Whole numbers of 32 bits, rising. */
  readonly ids: readonly number[];
  /** The factors of each id, one id after the other: float32 values. */
  readonly factors: readonly number[];
}

/** Numbers and vectors in a row, as one vector. */
export interface HomeAssemble {
  readonly kind: "assemble";
  readonly columns: { readonly inputs: readonly string[]; readonly output: string };
}
