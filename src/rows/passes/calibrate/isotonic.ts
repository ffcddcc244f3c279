import { type Calibration, marginBins } from "../../../model/calibration.js";

interface Step {
  weight: number;
  yes: number;
  readonly from: number;
  to: number;
}

/** Pool adjacent violators (Ayer et al. 1955) over the bins that have rows; between steps, shares are linear. */
export function isotonic(no: Float64Array, yes: Float64Array, least: number, most: number): Calibration {
  const steps: Step[] = [];
  for (let bin = 0; bin < marginBins; bin++) {
    if (no[bin]! + yes[bin]! === 0) continue;
    let last: Step = { weight: no[bin]! + yes[bin]!, yes: yes[bin]!, from: bin, to: bin };
    for (
      let before = steps.at(-1);
      before && before.yes * last.weight >= last.yes * before.weight;
      before = steps.at(-1)
    ) {
      steps.pop();
      last = { weight: before.weight + last.weight, yes: before.yes + last.yes, from: before.from, to: last.to };
    }
    steps.push(last);
  }
  const shareOf = (step: Step): number => Math.min(most, Math.max(least, step.yes / step.weight));
  const first = steps[0]!.from;
  const shares: number[] = [];
  steps.forEach((step, i) => {
    const share = shareOf(step);
    for (let bin = step.from; bin <= step.to; bin++) shares.push(share);
    const next = steps[i + 1];
    if (!next) return;
    const rise = (shareOf(next) - share) / (next.from - step.to);
    for (let bin = step.to + 1; bin < next.from; bin++) shares.push(share + (bin - step.to) * rise);
  });
  return { kind: "isotonic", first, shares };
}
