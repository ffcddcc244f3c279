import { call, type Expr, lit } from "../expr/expr.js";
import { logit } from "../metrics/ranking.js";

/**
 * What turns a binary model's margin into one whose probability is what happened on held-back rows: a straight line of the margin
 * (Platt 1999), or shares that only rise with it, one for each bin of margins from `first` on and linear between their middles.
 */
export type Calibration =
  | { readonly kind: "platt"; readonly slope: number; readonly intercept: number }
  | { readonly kind: "isotonic"; readonly first: number; readonly shares: readonly number[] };

export const calibrations = ["isotonic", "platt"] as const;

/** Margins are told apart in 8,192 bins of 1/128 from -32 to 32; what lies beyond is in the outermost ones. */
export const marginBins = 8192;
const perMargin = 128;
const lowest = -32;

export const marginBinOf = (margin: number): number =>
  Math.min(marginBins - 1, Math.max(0, Math.floor((margin - lowest) * perMargin)));
export const marginOfBin = (bin: number): number => (bin + 0.5) / perMargin + lowest;

/** The margin after calibration. */
export function calibrated(calibration: Calibration | undefined): (margin: number) => number {
  if (!calibration) return (margin) => margin;
  if (calibration.kind === "platt") return (margin) => calibration.slope * margin + calibration.intercept;
  const { first, shares } = calibration;
  const last = shares.length - 1;
  return (margin) => {
    if (Number.isNaN(margin)) return margin;
    const place = Math.min(Math.max((margin - lowest) * perMargin - (first + 0.5), 0), last);
    const below = Math.floor(place);
    const low = shares[below]!;
    const share = low + (place - below) * (shares[Math.min(below + 1, last)]! - low);
    return logit(share);
  };
}

/** The same as a formula: the shares are a table that it looks up. */
export function calibratedExpr(calibration: Calibration, margin: Expr): Expr {
  if (calibration.kind === "platt")
    return call("add", call("mul", lit(calibration.slope), margin), lit(calibration.intercept));
  const { first, shares } = calibration;
  const last = shares.length - 1;
  const from = call("sub", call("mul", call("sub", margin, lit(lowest)), lit(perMargin)), lit(first + 0.5));
  const place = call("least", call("greatest", from, lit(0)), lit(last));
  const below = call("floor", place);
  const shareOf = (bin: Expr): Expr => ({
    kind: "lookup",
    key: call("toInt", bin),
    keys: shares.map((_, i) => i),
    values: shares,
    otherwise: null,
  });
  const low = shareOf(below);
  const high = shareOf(call("least", call("add", below, lit(1)), lit(last)));
  const share = call("add", low, call("mul", call("sub", place, below), call("sub", high, low)));
  const odds = call("ln", call("div", share, call("sub", lit(1), share)));
  return call("when", call("isNull", margin), lit(null), odds);
}
