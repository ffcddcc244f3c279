import { call, type Expr, lit, sumOf } from "../../expr/expr.js";
import type { Block, CategoryBlock, NumberBlock } from "../../features/contract.js";
import type { PageLayout } from "../../pages/page.js";
import type { Effect, Task } from "../contract.js";
import { linearScores } from "../passes/linear-scores.js";
import { fillOf, numberColumns } from "./coordinates.js";
import type { LinearState } from "./state.js";

/** Each block with the place of its first coefficient: numbers come first, then the categories' levels. */
export function placesOf(
  all: readonly Block[],
): readonly { readonly block: NumberBlock | CategoryBlock; readonly at: number }[] {
  const blocks = all.filter((block) => block.kind === "number" || block.kind === "category");
  const numbers = blocks.filter((block): block is NumberBlock => block.kind === "number");
  const categories = blocks.filter((block): block is CategoryBlock => block.kind === "category");
  let at = numbers.length;
  const places = new Map<Block, number>(numbers.map((block, j) => [block, j]));
  for (const block of categories) {
    places.set(block, at);
    at += block.levels.length;
  }
  return blocks.map((block) => ({ block, at: places.get(block)! }));
}

/** Names of a linear model's outputs, in order. */
export const outputNames = (task: Task, classes: number): string[] =>
  task === "regression"
    ? ["prediction"]
    : task === "binary"
      ? ["margin"]
      : Array.from({ length: classes }, (_, k) => `margin_${k}`);

export function linearScore(
  state: LinearState,
  blocks: readonly Block[],
  task: Task,
  classes: number,
): Record<string, Expr> {
  const places = placesOf(blocks);
  return Object.fromEntries(
    outputNames(task, classes).map((name, k) => {
      const weights = state.weights[k]!;
      const terms = places.flatMap(({ block, at }) => termOf(block, weights, at));
      return [name, sumOf([call("toReal", lit(state.intercepts[k]!)), ...terms])];
    }),
  );
}

/** A block's share of an output; nothing where all its weights are zero. */
function termOf(block: NumberBlock | CategoryBlock, weights: readonly number[], at: number): Expr[] {
  if (block.kind === "number") return weights[at] === 0 ? [] : [call("mul", lit(weights[at]!), filled(block))];
  const values = weights.slice(at, at + block.levels.length);
  if (values.every((weight) => weight === 0)) return [];
  return [{ kind: "lookup", key: block.expr, keys: block.levels, values, otherwise: 0 }];
}

export function filled({ expr, fill }: NumberBlock): Expr {
  const value = call("toReal", expr);
  return call("coalesce", call("when", call("isNan", value), lit(null), value), lit(fill));
}

export function linearScorer(
  state: LinearState,
  blocks: readonly Block[],
  layout: PageLayout,
): { name: string; params: unknown } {
  const columns = numberColumns(layout);
  const scale = (j: number): number => 2 ** -(columns[j]?.exponent ?? 0);
  const shift = (j: number): number => columns[j]?.shift ?? 0;
  const weights = state.weights.map((row) => row.map((weight, j) => weight * scale(j)));
  const intercepts = state.intercepts.map((intercept, k) =>
    columns.reduce((sum, _, j) => sum + state.weights[k]![j]! * shift(j), intercept),
  );
  return { name: linearScores.name, params: { weights, intercepts, fill: Array.from(fillOf(blocks, layout)) } };
}

export function linearEffects(state: LinearState, blocks: readonly Block[]): Effect[] {
  const outputs = state.weights.length;
  return state.weights.flatMap((weights, output) =>
    placesOf(blocks).flatMap(({ block, at }) => {
      const levels = block.kind === "number" ? [undefined] : block.levels.map(String);
      return levels.map((level, i): Effect => {
        const coefficient = weights[at + i]!;
        const error = state.errors?.[output]?.[at + i];
        return {
          feature: block.name,
          ...(level === undefined ? {} : { level }),
          ...(outputs > 1 ? { output } : {}),
          coefficient,
          standardised: coefficient * state.deviations[at + i]!,
          ...(typeof error === "number" ? { error } : {}),
        };
      });
    }),
  );
}
