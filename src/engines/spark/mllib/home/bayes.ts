import type { HomeBayes } from "./state.js";

type Form = Pick<HomeBayes, "prior" | "linear" | "means" | "variances" | "normalised">;
type Rows = readonly (readonly number[])[];

/** Each form of naive Bayes as sums over the features. `theta` holds logarithms of probabilities, or means; `sigma` variances. */
export function bayesOf(form: string, prior: readonly number[], theta: Rows, sigma: Rows): Form {
  switch (form) {
    case "bernoulli": {
      // A feature that is 0 counts too: log(1 - p), here in the prior, and taken off again where the feature is 1.
      const absent = theta.map((row) => row.map((value) => Math.log1p(-Math.exp(value))));
      return {
        prior: prior.map((value, k) => value + sum(absent[k]!)),
        linear: theta.map((row, k) => row.map((value, j) => value - absent[k]![j]!)),
        normalised: false,
      };
    }
    case "gaussian":
      return {
        prior: prior.map((value, k) => value - sum(sigma[k]!.map(Math.log)) / 2),
        means: theta,
        variances: sigma,
        normalised: false,
      };
    case "complement":
      return { prior: prior.map(() => 0), linear: theta, normalised: true };
    default:
      return { prior, linear: theta, normalised: false };
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
