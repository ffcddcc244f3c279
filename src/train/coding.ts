import { BadRowError } from "../base/errors.js";
import type { Engine } from "../engines/contract.js";
import { call } from "../expr/expr.js";
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
    if (low === -Infinity || high === Infinity) await refuseInfinity(block, source, engine, rows);
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

async function refuseInfinity(block: NumberBlock, source: string, engine: Engine, rows: Relation): Promise<never> {
  const infinite = call(
    "and",
    call("isNotNull", block.expr),
    call("and", call("not", call("isFinite", block.expr)), call("not", call("isNan", block.expr))),
  );
  const [first] = await engine.rows(
    { kind: "project", from: { kind: "filter", from: rows, where: infinite }, columns: { value: block.expr } },
    1,
  );
  throw new BadRowError({
    code: "not_finite",
    file: source,
    column: block.name,
    value: String(first?.["value"] ?? "infinity"),
    problem: "is infinite, and no mean or weight can hold that",
    remedy: `Leave such rows out with --where 'isfinite("${block.name}")', or drop the column with --drop ${block.name}`,
  });
}
