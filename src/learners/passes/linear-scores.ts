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
    const weights = params.weights.map((each) => doubles(arena, each, space.width));
    const block = arena.f64(blockRows);
    return (page, out) => {
      if (!isIn(arena, page)) return scoresReference(page, space, params, out);
      page.numbers.forEach(({ byteOffset }, j) => {
        columns[j] = byteOffset;
      });
      for (let row = 0; row < page.rows; row += blockRows) {
        const rows = Math.min(blockRows, page.rows - row);
        weights.forEach((each, k) => {
          block.fill(params.intercepts[k]!);
          kernels.scoreColumns(columns.byteOffset, numbers, row, rows, fills, each, block.byteOffset);
          page.codes.forEach(({ byteOffset }, c) => {
            kernels.addLevels(byteOffset + row * 4, rows, each + categories[c]!.at * 8, block.byteOffset);
          });
          out.set(rows === blockRows ? block : block.subarray(0, rows), k * page.rows + row);
        });
      }
    };
  },
});
