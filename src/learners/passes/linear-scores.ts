import { kernelsOf } from "../../kernels/index.js";
import { type Scoring, scoresReference } from "../../kernels/scores.reference.js";
import { spaceOf } from "../../kernels/space.js";
import { defineScorer } from "../../pages/scorer.js";
import { blockRows, doubles, isIn } from "./tiles.js";

/** Margins (or predictions) of a linear model, summed in float64: intercepts[k] + weights[k] · x, weights in page units. */
export const linearScores = defineScorer<Scoring>({
  name: "linearScores",
  outputs: ({ weights }) => weights.length,
  start(params, layout, arena) {
    const space = spaceOf(layout);
    const { numbers, categories } = space;
    const kernels = kernelsOf(arena);
    const columns = new Uint32Array(arena.memory.buffer, arena.take(numbers * 4), numbers);
    const fills = doubles(arena, params.fill, numbers);
    const outputs = params.weights.length;
    const weights = arena.f64(outputs * space.width);
    params.weights.forEach((each, k) => {
      weights.set(Array.from(each), k * space.width);
    });
    const wide = arena.take(4 * blockRows * 8);
    const margins = arena.f64(outputs * blockRows);
    return (page, out) => {
      if (!isIn(arena, page)) return scoresReference(page, space, params, out);
      page.numbers.forEach(({ byteOffset }, j) => {
        columns[j] = byteOffset;
      });
      for (let row = 0; row < page.rows; row += blockRows) {
        const rows = Math.min(blockRows, page.rows - row);
        for (let k = 0; k < outputs; k++) margins.fill(params.intercepts[k]!, k * blockRows, (k + 1) * blockRows);
        const [from, weightsAt, sums] = [columns.byteOffset, weights.byteOffset, margins.byteOffset];
        kernels.scoreColumns(from, numbers, row, rows, fills, weightsAt, space.width, outputs, wide, sums);
        for (let k = 0; k < outputs; k++) {
          page.codes.forEach(({ byteOffset }, c) => {
            const ofLevels = weightsAt + (k * space.width + categories[c]!.at) * 8;
            kernels.addLevels(byteOffset + row * 4, rows, ofLevels, sums + k * blockRows * 8);
          });
          out.set(margins.subarray(k * blockRows, k * blockRows + rows), k * page.rows + row);
        }
      }
    };
  },
});
