import { flag, integer, real } from "../../base/params.js";

/** The objective of docs/objective.md. */
export const penaltyParams = {
  penalty: real(
    0,
    1e9,
    1e-6,
    "strength of the penalty on the coefficients, beside the mean loss; the intercept goes free",
  ),
  l1Ratio: real(0, 1, 0, "share of the penalty that is L1: 0 is ridge, 1 is lasso, between is the elastic net"),
  standardise: flag(true, "penalise coefficients of standardised columns; false penalises them as the columns are"),
} as const;

export const stopParams = {
  tolerance: real(
    0,
    1,
    1e-8,
    "stop when the next step would lower the objective by less than this share of the label's spread",
  ),
  maxPasses: integer(2, 100_000, 200, "passes over the data at most"),
} as const;

/** Up to this many coefficients (features times classes) all second derivatives are summed: few passes, but each costs the square. */
export const secondOrderLimit = 500;
