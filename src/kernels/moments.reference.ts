import type { Page } from "../pages/page.js";
import type { Space } from "./space.js";

/** Doubles per number column: weight of present values, their mean, their centred second moment, missing rows. */
export const momentsOfNumber = 4;
/** The label's weight, mean, centred second moment, and rows that count; then class weights, number columns, level weights. */
export const momentsHead = 4;

/** The moments of one page; `into` starts as zeros. */
export function momentsReference(page: Page, space: Space, classes: number, into: Float64Array): void {
  const numbersAt = momentsHead + classes;
  const levelsAt = numbersAt + momentsOfNumber * space.numbers;
  for (let i = 0; i < page.rows; i++) {
    const weight = page.weight[i]!;
    if (!(weight > 0)) continue;
    into[0]! += weight;
    into[3]! += 1;
    observe(into, 0, page.label[i]!, weight);
    if (classes > 0) into[momentsHead + page.label[i]!]! += weight;
    for (let j = 0; j < space.numbers; j++) {
      const at = numbersAt + momentsOfNumber * j;
      const value = page.numbers[j]![i]!;
      if (Number.isNaN(value)) into[at + 3]! += 1;
      else {
        into[at]! += weight;
        observe(into, at, value, weight);
      }
    }
    space.categories.forEach(({ at }, c) => {
      const code = page.codes[c]![i]!;
      if (code >= 0) into[levelsAt + at - space.numbers + code]! += weight;
    });
  }
}

/** [weight (with this value's), mean, M2] take in one value (West 1979). */
function observe(sum: Float64Array, at: number, value: number, weight: number): void {
  const delta = value - sum[at + 1]!;
  sum[at + 1]! += (delta * weight) / sum[at]!;
  sum[at + 2]! += weight * delta * (value - sum[at + 1]!);
}

/** Moments of two parts of the rows become those of both (Chan, Golub, LeVeque 1979). */
export function mergeMoments(into: Float64Array, part: Float64Array, numbers: number, classes: number): void {
  const head = momentsHead + classes;
  const merge3 = (at: number): void => {
    const [a, b] = [into[at]!, part[at]!];
    if (b === 0) return;
    const delta = part[at + 1]! - into[at + 1]!;
    into[at] = a + b;
    into[at + 1]! += (delta * b) / (a + b);
    into[at + 2]! += part[at + 2]! + (delta * delta * a * b) / (a + b);
  };
  merge3(0);
  into[3]! += part[3]!;
  for (let i = momentsHead; i < head; i++) into[i]! += part[i]!;
  for (let j = 0; j < numbers; j++) {
    const at = head + momentsOfNumber * j;
    merge3(at);
    into[at + 3]! += part[at + 3]!;
  }
  for (let i = head + momentsOfNumber * numbers; i < into.length; i++) into[i]! += part[i]!;
}
