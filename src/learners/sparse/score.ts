import { call, type Expr, lit, sumOf } from "../../expr/expr.js";
import type { Block, CategoryBlock, HashedBlock, NumberBlock, TextBlock } from "../../features/contract.js";
import { pairSeedOf, seedOf } from "../../kernels/slot-space.js";
import type { Task } from "../contract.js";
import { outputNames } from "../linear/score.js";
import { type SlotScoring, slotScores } from "../passes/slot-scores.js";
import { missingCode, type SparseNumber, type SparseState } from "./state.js";

export function sparseScore(
  state: SparseState,
  blocks: readonly Block[],
  task: Task,
  classes: number,
): Record<string, Expr> {
  const numbers = blocks.filter((block): block is NumberBlock => block.kind === "number");
  const categories = blocks.filter((block): block is CategoryBlock => block.kind === "category");
  const hashed = blocks.filter((block): block is HashedBlock => block.kind === "hashed");
  const texts = textsOf(blocks);
  const codeOf = (name: string): Expr => {
    const { expr } = hashed.find((block) => block.name === name)!;
    return call("coalesce", expr, lit(missingCode));
  };
  const slot = (code: Expr, seed: number): Expr => call("slotOf", code, lit(seed), lit(state.bits));
  const slots = [
    ...hashed.map(({ name }) => slot(codeOf(name), seedOf(name))),
    ...state.pairs.map(([a, b]) => slot(call("pairCode", codeOf(a), codeOf(b)), pairSeedOf(a, b))),
  ];
  return Object.fromEntries(
    outputNames(task, classes).map((name, k) => {
      let at = 0;
      const terms = [
        call("toReal", lit(state.intercepts[k]!)),
        ...(slots.length > 0 ? [{ kind: "weigh", slots, table: state.hashed[k]! } as const] : []),
        ...texts.map(
          ({ codes, terms }, t): Expr => ({ kind: "weighTerms", codes, terms, tables: state.texts![t]!, output: k }),
        ),
        ...categories.map(({ expr, levels }): Expr => {
          const values = state.levels[k]!.slice(at, at + levels.length);
          at += levels.length;
          return { kind: "lookup", key: expr, keys: levels, values, otherwise: 0 };
        }),
        ...numbers.flatMap((block, j) => termOf(block, state.numbers[j]!, k, state.logs)),
      ];
      return [name, sumOf(terms)];
    }),
  );
}

function termOf({ expr }: NumberBlock, of: SparseNumber, k: number, logs: boolean): Expr[] {
  const [weight, missing] = [of.weights[k]!, of.missing[k]!];
  if (weight === 0 && missing === 0) return [];
  const x = call("toReal", expr);
  const shifted = of.shift === 0 ? x : call("sub", x, lit(of.shift));
  const u = of.exponent === 0 ? shifted : call("mul", shifted, lit(2 ** of.exponent));
  const above = call("ln", call("add", lit(1), u));
  const below = call("neg", call("ln", call("sub", lit(1), u)));
  const value = logs ? call("when", call("lt", u, lit(0)), below, above) : u;
  const present = call("isFinite", call("toFloat32", u));
  return [call("when", present, call("mul", lit(weight), value), lit(missing))];
}

export const textsOf = (blocks: readonly Block[]): TextBlock[] => blocks.filter((block) => block.kind === "text");

export function sparseScorer(state: SparseState, blocks: readonly Block[]): { name: string; params: SlotScoring } {
  const { bits, pairs, logs, intercepts, hashed, texts = [], levels } = state;
  const terms = textsOf(blocks).map((block) => block.terms);
  const numbers = intercepts.map((_, k) => state.numbers.flatMap(({ weights, missing }) => [weights[k]!, missing[k]!]));
  return { name: slotScores.name, params: { bits, pairs, terms, logs, intercepts, hashed, texts, levels, numbers } };
}
