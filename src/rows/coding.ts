import { BadRowError } from "../base/errors.js";
import type { Engine } from "../engines/contract.js";
import { call, col, columnsOf, lit } from "../expr/expr.js";
import { printExpr } from "../expr/print.js";
import type { Relation } from "../expr/relation.js";
import type { Answer, Block, NumberBlock, Question } from "../features/contract.js";
import type { NumberCoding } from "./dataset.js";

/**
 * Float32 keeps 24 bits of what a page holds. A column far from zero for its range (a year, a timestamp) is shifted so that
 * the bits go where it varies, and one of extreme size takes a power of two. From exact minima and maxima, so order-free.
 */
export async function codingsOf(
  blocks: readonly Block[],
  ask: (questions: readonly Question[]) => Promise<readonly Answer[]>,
  source: string,
  engine: Engine,
  rows: Relation,
): Promise<NumberCoding[]> {
  const numbers = blocks.filter((block): block is NumberBlock => block.kind === "number");
  const answers = await ask(
    numbers.flatMap(({ expr }): Question[] => [
      { ask: "min", of: expr },
      { ask: "max", of: expr },
    ]),
  );
  const codings: NumberCoding[] = [];
  for (const [i, block] of numbers.entries()) {
    const low = asNumber(answers[2 * i]);
    const high = asNumber(answers[2 * i + 1]);
    if (low === -Infinity || high === Infinity) await refuseNotFinite([block], source, engine, rows);
    codings.push(codingOf(low, high));
  }
  return codings;
}

const asNumber = (answer: Answer | undefined): number =>
  typeof answer === "bigint" ? Number(answer) : typeof answer === "number" ? answer : Number.NaN;

export function codingOf(low: number, high: number): NumberCoding {
  if (!(low <= high)) return { shift: 0, exponent: 0 };
  const middle = low / 2 + high / 2;
  const shift = Math.abs(middle) > 8 * (high - low) ? middle : 0;
  const largest = Math.max(Math.abs(low - shift), Math.abs(high - shift));
  const bits = largest > 0 ? binaryExponent(largest) : 0;
  return { shift, exponent: Math.abs(bits) > 60 ? -bits : 0 };
}

const binaryExponent = (x: number): number => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  return Math.max(-1000, ((view.getUint32(0) >>> 20) & 0x7ff) - 1023);
};

/** What goes into a sum beside the features: an infinite label or weight spoils it as well. */
export type Summed = Pick<NumberBlock, "name" | "expr">;

/**
 * Names the value that made a sum infinite or not a number, if one did: any row may have it, since a kernel multiplies rows
 * of the other split by nought, and nought times infinity is no number.
 */
export async function refuseNotFinite(
  summed: readonly Summed[],
  source: string,
  engine: Engine,
  rows: Relation,
  codings: readonly NumberCoding[] = [],
): Promise<void> {
  for (const [i, { name, expr }] of summed.entries()) {
    const value = call("toReal", expr);
    const { shift = 0, exponent = 0 } = codings[i] ?? {};
    const coded = call("abs", call("mul", call("sub", value, lit(shift)), lit(2 ** exponent)));
    const where = call("and", call("not", call("isNan", value)), call("gt", coded, lit(largestFloat32)));
    const [first] = await engine.rows(
      { kind: "project", from: { kind: "filter", from: rows, where }, columns: { value } },
      1,
    );
    if (!first) continue;
    const found = first["value"] as number;
    const read = [...columnsOf(expr)];
    const formula = printExpr(read.length === 1 ? col(read[0]!) : expr);
    throw new BadRowError({
      code: "not_finite",
      file: source,
      column: name,
      value: String(found),
      problem: Number.isFinite(found)
        ? "is too far from the values that the model is learned from"
        : "is infinite, and no mean or weight can hold that",
      remedy: `Leave such rows out with --where 'coalesce(abs(${formula}) < 1e30, true)', or drop the column with --drop ${read.join(",")}`,
    });
  }
}

const largestFloat32 = 3.4028234e38;
