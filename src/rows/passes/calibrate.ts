import { SluiceError } from "../../base/errors.js";
import { type Calibration, marginBinOf, marginBins } from "../../model/calibration.js";
import { definePass } from "../../pages/pass.js";
import { outputRoom } from "../../pages/scorer.js";
import { isotonic } from "./calibrate/isotonic.js";
import { platt } from "./calibrate/platt.js";
import { type ScoredModel, startScorer } from "./scoring.js";

/** Weights of rows by the bin of their margin: of those with label 0, then of those with label 1. Without weights, whole numbers. */
export const marginCounts = definePass<{ readonly scorer: ScoredModel }>({
  name: "marginCounts",
  length: () => 2 * marginBins,
  start({ scorer }, layout, arena) {
    const room = outputRoom(arena, 1);
    const step = startScorer(scorer, layout, arena);
    return (page, into) => {
      const out = room(page.rows);
      step(page, out);
      for (let i = 0; i < page.rows; i++)
        if (page.weight[i] !== 0 && Number.isFinite(out[i]!))
          into[(page.label[i]! > 0 ? marginBins : 0) + marginBinOf(out[i]!)]! += page.weight[i]!;
    };
  },
});

/** Fits the map on what `marginCounts` counted. */
export function fitCalibration(kind: Calibration["kind"], counts: Float64Array): Calibration {
  const no = counts.subarray(0, marginBins);
  const yes = counts.subarray(marginBins);
  const [allNo, allYes] = [sumOf(no), sumOf(yes)];
  if (allNo === 0 || allYes === 0)
    throw new SluiceError(
      "one_class",
      `--calibrate ${kind} needs both classes among the validation rows, and they are all of one; keep more rows back with --validate`,
      { calibrate: kind },
    );
  // What Platt takes for certain: never 0 or 1, since one more row may always come out otherwise.
  const [least, most] = [1 / (allNo + 2), (allYes + 1) / (allYes + 2)];
  return kind === "platt" ? platt(no, yes, least, most) : isotonic(no, yes, least, most);
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
