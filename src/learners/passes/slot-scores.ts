import { eachSlot, type SlotTable } from "../../expr/slots.js";
import type { TermWeights } from "../../expr/terms.js";
import { slotSpace } from "../../kernels/slot-space.js";
import { defineScorer } from "../../pages/scorer.js";
import { SlotRows, slotBlockRows } from "./slot-rows.js";

export interface SlotScoring {
  readonly bits: number;
  readonly pairs: readonly (readonly [string, string])[];
  readonly terms: readonly TermWeights[];
  readonly logs: boolean;
  readonly intercepts: readonly number[];
  /** Of each output: hashed weights, then those of each text, of levels, of each number its value's and that of its being missing. */
  readonly hashed: readonly SlotTable[];
  readonly texts: readonly (readonly SlotTable[])[];
  readonly levels: readonly (readonly number[])[];
  readonly numbers: readonly (readonly number[])[];
}

/** Margins (or predictions) of a sparse linear model; weights of numbers are in page units. */
export const slotScores = defineScorer<SlotScoring>({
  name: "slotScores",
  outputs: ({ intercepts }) => intercepts.length,
  start(params, layout, arena) {
    const space = slotSpace(layout, params.bits, params.pairs);
    const outputs = params.intercepts.length;
    const table = arena.f32(space.size * outputs);
    params.intercepts.forEach((_, k) => {
      const fill = (from: number, values: ArrayLike<number>): void => {
        for (let i = 0; i < values.length; i++) table[(from + i) * outputs + k] = values[i]!;
      };
      const some = (from: number, of: SlotTable): void =>
        eachSlot(of, (slot, value) => {
          table[(from + slot) * outputs + k] = value;
        });
      if (params.hashed[k]) some(0, params.hashed[k]);
      for (const [t, { at }] of space.terms.entries()) some(at, params.texts[t]![k]!);
      fill(space.levels[0] ?? 0, params.levels[k]!);
      fill(space.numbers, params.numbers[k]!);
    });
    const { terms, logs } = params;
    const rows = new SlotRows(arena, space, layout, { terms, textUnit: 1, logs, grows: false, copies: 0 });
    const margins = arena.f64(slotBlockRows);
    return (page, out) => {
      rows.use(SlotRows.of(page));
      for (let from = 0; from < page.rows; ) {
        const block = Math.min(slotBlockRows, page.rows - from);
        for (let i = 0; i < block; i++) rows.order[i] = from + i;
        const count = rows.list(block);
        params.intercepts.forEach((intercept, k) => {
          margins.fill(intercept);
          const lists = [rows.slots, rows.values, rows.starts.byteOffset] as const;
          rows.kernels.weighSlots(...lists, count, table.byteOffset, outputs, k, margins.byteOffset);
          out.set(margins.subarray(0, count), k * page.rows + from);
        });
        from += count;
      }
    };
  },
});
