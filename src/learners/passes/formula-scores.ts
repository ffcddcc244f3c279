import type { Row } from "../../base/schema.js";
import { compile } from "../../expr/evaluate.js";
import type { Expr } from "../../expr/expr.js";
import { defineScorer } from "../../pages/scorer.js";

/** Outputs as formulas over a page's columns: `n0`, `n1`, ... are its numbers (null where missing), `k0`, ... its codes (null where unknown). */
export interface FormulaScoring {
  readonly outputs: readonly Expr[];
}

/** Any model that is only known as formulas, row by row: some hundred times slower than a kernel. */
export const formulaScores = defineScorer<FormulaScoring>({
  name: "formulaScores",
  outputs: ({ outputs }) => outputs.length,
  start({ outputs }, layout) {
    const compiled = outputs.map((output) => compile(output));
    const numbers = layout.columns.filter((column) => column.kind === "number");
    return (page, out) => {
      const row: Record<string, number | null> = {};
      for (let i = 0; i < page.rows; i++) {
        page.numbers.forEach((column, j) => {
          const { shift, exponent } = numbers[j]!;
          const value = column[i]!;
          row[`n${j}`] = Number.isNaN(value) ? null : value / 2 ** exponent + shift;
        });
        page.codes.forEach((column, j) => {
          row[`k${j}`] = column[i]! < 0 ? null : column[i]!;
        });
        compiled.forEach((score, k) => {
          out[k * page.rows + i] = (score(row as Row) as number | null) ?? Number.NaN;
        });
      }
    };
  },
});
