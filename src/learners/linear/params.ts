import { flag, integer, real, realOrAuto } from "../../base/params.js";

/** The objective of docs/objective.md. */
export const penaltyParams = {
  penalty: realOrAuto(
    0,
    1e9,
    "strength of the penalty on the coefficients, beside the mean loss; the intercept goes free. auto is 1 / training rows (scikit-learn's C = 1), for levels on their columns of 0 and 1",
  ),
  l1Ratio: real(0, 1, 0, "share of the penalty that is L1: 0 is ridge, 1 is lasso, between is the elastic net"),
  standardise: flag(true, "penalise coefficients of standardised columns; false penalises them as the columns are"),
} as const;

/** The penalty as it was asked for, beside how many rows there are. */
export interface PenaltyGiven {
  readonly penalty: number | "auto";
  readonly l1Ratio: number;
  readonly standardise: boolean;
}

/** How strong the penalty is, and on which coefficients. */
export interface Strength {
  readonly penalty: number;
  readonly l1Ratio: number;
  /** Numbers are penalised as standardised columns, and levels too; else as the columns are. */
  readonly standardise: boolean;
  readonly standardiseLevels: boolean;
}

/**
 * auto: a coefficient is held back by as much as one row can pull. A level's column is taken as it is: standardised, a level of few rows
 * would hardly be held back at all, and its coefficient would be what those few rows happen to say.
 */
export const strengthOf = ({ penalty, l1Ratio, standardise }: PenaltyGiven, rows: number): Strength =>
  penalty === "auto"
    ? { penalty: 1 / Math.max(1, rows), l1Ratio, standardise, standardiseLevels: false }
    : { penalty, l1Ratio, standardise, standardiseLevels: standardise };

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
