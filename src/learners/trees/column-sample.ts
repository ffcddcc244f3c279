import { mix32 } from "../../base/seeds.js";
import { defineKeeper } from "../../pages/keeper.js";
import { splitCodes } from "../../pages/row-set.js";

export interface ColumnSampleParams {
  /** The share of training rows to take. */
  readonly share: number;
  readonly seed: number;
}

/** Values of number columns, and the label, of training rows drawn by their place: what the borders of bins come from. */
export const columnSample = defineKeeper<ColumnSampleParams>({
  name: "columnSample",
  start({ share, seed }) {
    const taken: (Float32Array | Float64Array)[][] = [];
    const limit = share >= 1 ? 2 ** 32 : Math.round(share * 2 ** 32);
    return {
      take(page) {
        const rows: number[] = [];
        const start = mix32(seed ^ Math.imul(page.index, 0x9e3779b1));
        for (let i = 0; i < page.rows; i++)
          if (page.split[i] === splitCodes.train && page.weight[i]! > 0 && mix32((start + i) >>> 0) < limit)
            rows.push(i);
        taken.push([
          ...page.numbers.map((column) => Float32Array.from(rows, (row) => column[row]!)),
          Float64Array.from(rows, (row) => page.label[row]!),
        ]);
      },
      /** "values": of column `params` (the label after the last number), in no order. */
      ask(_, params) {
        const column = params as number;
        const out = new Float64Array(taken.reduce((sum, columns) => sum + columns[column]!.length, 0));
        let at = 0;
        for (const columns of taken) {
          out.set(columns[column]!, at);
          at += columns[column]!.length;
        }
        return out;
      },
      close() {
        taken.length = 0;
      },
    };
  },
});
