import type { Value } from "../base/schema.js";
import { call, type Expr, lit } from "../expr/expr.js";
import { printExpr } from "../expr/print.js";
import { printDate, printTimestamp } from "../expr/time.js";
import type { NumberBlock } from "./contract.js";
import { asReal } from "./statistics/ask.js";

export { asReal };

export const isMissing = (of: Expr): Expr => call("isNull", of);

/** 1 where the number is missing, else 0. */
export const missingFlag = (of: Expr, name: string): NumberBlock => ({
  kind: "number",
  name: `${name} is missing`,
  expr: call("when", isMissing(asReal(of)), lit(1), lit(0)),
  fill: 1,
});

/** (x - shift) / size; all zero where the column was constant. */
export function affine(of: Expr, shift: number, size: number): Expr {
  const moved = shift === 0 ? asReal(of) : call("sub", asReal(of), lit(shift));
  return size > 0 ? call("div", moved, lit(size)) : call("mul", moved, lit(0));
}

/** A formula as people type it, for names of features. */
export const labelOf = (of: Expr): string => (of.kind === "col" ? of.name : printExpr(of).replaceAll('"', ""));

export function shownValue(value: Value): string {
  if (value === null) return "missing";
  if (typeof value === "object" && "days" in value) return printDate(value.days);
  if (typeof value === "object" && "micros" in value) return printTimestamp(value.micros);
  return typeof value === "number" ? String(Number(value.toPrecision(6))) : String(value);
}
