import { compile } from "../../expr/evaluate.js";
import type { Block } from "../../features/contract.js";
import type { Contributions } from "../contract.js";
import { filled, placesOf } from "./score.js";
import type { LinearState } from "./state.js";

/** Weight times distance from the training rows' mean: what is left, the base, is the output of the mean row. */
export function linearContributions(
  { intercepts, weights, means }: LinearState,
  blocks: readonly Block[],
): Contributions {
  const places = placesOf(blocks).map(({ block, at }) => {
    if (block.kind === "number") return { at, levels: 0, value: compile(filled(block)) };
    const codes = block.levels.map((_, code) => code);
    const code = compile({ kind: "lookup", key: block.expr, keys: block.levels, values: codes, otherwise: null });
    return { at, levels: block.levels.length, value: code };
  });
  const meanOf = (of: readonly number[], at: number, levels: number): number => {
    let sum = 0;
    for (let j = at; j < at + Math.max(1, levels); j++) sum += of[j]! * means[j]!;
    return sum;
  };
  const mean = weights.map((of) => places.map(({ at, levels }) => meanOf(of, at, levels)));
  return {
    of: "output",
    base: intercepts.map((intercept, k) => mean[k]!.reduce((sum, each) => sum + each, intercept)),
    explain(row) {
      const values = places.map(({ value }) => value(row) as number | null);
      return weights.map((of, k) =>
        Float64Array.from(places, ({ at, levels }, b) => {
          const value = values[b]!;
          const added = levels === 0 ? of[at]! * value : values[b] === null ? 0 : of[at + value]!;
          return added - mean[k]![b]!;
        }),
      );
    },
  };
}
