import { kernelsOf } from "../../kernels/index.js";
import { mergeMoments, momentsHead, momentsOfNumber, momentsReference } from "../../kernels/moments.reference.js";
import { type Numbers, type Space, spaceOf } from "../../kernels/space.js";
import type { PageLayout } from "../../pages/page.js";
import { definePass } from "../../pages/pass.js";
import { momentsInEngine } from "./in-engine/moments.js";
import { isIn } from "./tiles.js";

export interface MomentsParams {
  /** Number columns of the layout: a merge sees the params only. */
  readonly numbers: number;
  /** 0 for a label that is a number. */
  readonly classes: number;
}

/** Means and centred second moments of label and columns, weights of classes and levels, missing values. */
export const moments = definePass<MomentsParams>({
  name: "moments",
  length({ numbers, classes }, layout) {
    const space = spaceOf(layout);
    return momentsHead + classes + momentsOfNumber * numbers + space.width - space.numbers;
  },
  start({ classes }, layout, arena) {
    const space = spaceOf(layout);
    const kernels = kernelsOf(arena);
    const out = arena.f64(momentsHead + classes + momentsOfNumber * space.numbers + space.width - space.numbers);
    const columns = new Uint32Array(arena.memory.buffer, arena.take(space.numbers * 4), space.numbers);
    const shifts = arena.take(space.numbers * 8);
    const at = (index: number): number => out.byteOffset + index * 8;
    const numbersAt = momentsHead + classes;
    const levelsAt = numbersAt + momentsOfNumber * space.numbers;
    return (page, into) => {
      if (!isIn(arena, page)) return momentsReference(page, space, classes, into);
      const { rows, label, weight } = page;
      out.fill(0);
      kernels.momentsOfLabel(label.byteOffset, weight.byteOffset, rows, at(0));
      if (classes > 0) kernels.weighClasses(label.byteOffset, weight.byteOffset, rows, at(momentsHead));
      page.numbers.forEach(({ byteOffset }, j) => {
        columns[j] = byteOffset;
      });
      const { length } = columns;
      kernels.momentsOfColumns(columns.byteOffset, length, weight.byteOffset, rows, shifts, at(numbersAt));
      page.codes.forEach(({ byteOffset }, c) => {
        kernels.weighLevels(
          byteOffset,
          rows,
          weight.byteOffset,
          at(levelsAt + space.categories[c]!.at - space.numbers),
        );
      });
      mergeMoments(into, out, space.numbers, classes);
    };
  },
  merge: (into, part, { numbers, classes }) => mergeMoments(into, part, numbers, classes),
  inEngine: momentsInEngine,
});

export interface Moments {
  readonly space: Space;
  /** Rows of weight above 0, unweighted. */
  readonly rows: number;
  readonly weight: number;
  readonly label: {
    readonly mean: number;
    readonly variance: number;
    readonly sum: number;
    readonly sumOfSquares: number;
  };
  readonly classWeights: Float64Array;
  /** Of present values, per number column, in page units. `missing` counts rows. */
  readonly numbers: readonly {
    readonly weight: number;
    readonly mean: number;
    readonly variance: number;
    readonly missing: number;
  }[];
  /** p minus the numbers: weight of each level, in the order of the coefficients. */
  readonly levelWeights: Float64Array;
}

export function readMoments(sum: Float64Array, { numbers, classes }: MomentsParams, layout: PageLayout): Moments {
  const [weight = 0, mean = 0, m2 = 0, rows = 0] = sum;
  const at = momentsHead + classes;
  return {
    space: spaceOf(layout),
    rows,
    weight,
    label: { mean, variance: m2 / weight, sum: mean * weight, sumOfSquares: m2 + mean * mean * weight },
    classWeights: sum.slice(momentsHead, at),
    numbers: Array.from({ length: numbers }, (_, j) => {
      const [present = 0, columnMean = 0, columnM2 = 0, missing = 0] = sum.subarray(at + momentsOfNumber * j);
      return { weight: present, mean: columnMean, variance: present > 0 ? columnM2 / present : 0, missing };
    }),
    levelWeights: sum.slice(at + momentsOfNumber * numbers),
  };
}

/** Mean and deviation (of the population, as Spark and StandardScaler) of every coefficient's column once missing values are filled. */
export function standardisation(
  moments: Moments,
  fill: Numbers,
): { readonly mean: Float64Array; readonly deviation: Float64Array } {
  const { space, weight: total } = moments;
  const mean = new Float64Array(space.width);
  const deviation = new Float64Array(space.width);
  moments.numbers.forEach(({ weight, mean: of, variance }, j) => {
    const present = weight / total;
    const gap = fill[j]! - of;
    mean[j] = of + (1 - present) * gap;
    deviation[j] = Math.sqrt(present * variance + present * (1 - present) * gap * gap);
  });
  moments.levelWeights.forEach((weight, i) => {
    const share = weight / total;
    mean[space.numbers + i] = share;
    deviation[space.numbers + i] = Math.sqrt(Math.max(0, share * (1 - share)));
  });
  return { mean, deviation };
}
