import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { resolveParams } from "../base/params.js";
import type { Task } from "./contract.js";
import { fitByPasses } from "./linear/by-passes.js";
import { logLoss, multinomialLogLoss, squaredLoss } from "./linear/losses.js";
import { type LinearState, toState } from "./linear/state.js";
import { linear } from "./linear.js";
import { logistic } from "./logistic.js";
import { memoryData } from "./testing.js";

interface Table {
  readonly numbers: readonly (readonly (number | null)[])[];
  readonly fill?: readonly number[];
  readonly levels?: readonly number[];
  readonly width?: number;
  readonly coding?: readonly (readonly [shift: number, exponent: number])[];
  readonly weight?: readonly number[];
  readonly regression: readonly number[];
  readonly binary: readonly number[];
  readonly multiclass: readonly number[];
}
interface Case {
  readonly name: string;
  readonly table: string;
  readonly task: Task;
  readonly penalty: number;
  readonly l1Ratio?: number;
  readonly standardise?: boolean;
  readonly weighted?: boolean;
  readonly weights: readonly (readonly number[])[];
  /** Margins (or predictions) at the columns' means. */
  readonly centres: readonly number[];
}
const { tables, cases } = JSON.parse(
  readFileSync(new URL("../../test/fixtures/linear.json", import.meta.url), "utf8"),
) as {
  tables: Readonly<Record<string, Table>>;
  cases: readonly Case[];
};

function dataOf({ table: name, task, weighted }: Case, pageRows: number) {
  const { numbers, fill, levels, width, coding, weight, [task]: label } = tables[name]!;
  return memoryData({
    numbers: numbers.map((values) => values.map((value) => value ?? Number.NaN)),
    ...(fill ? { fill } : {}),
    ...(levels ? { categories: [{ codes: levels, width: width! }] } : {}),
    ...(coding ? { coding: coding.map(([shift, exponent]) => ({ shift, exponent })) } : {}),
    ...(weighted && weight ? { weight } : {}),
    label,
    task,
    pageRows,
  });
}

const lossOf = { regression: squaredLoss, binary: logLoss, multiclass: multinomialLogLoss } as const;

describe("the linear family against scikit-learn", () => {
  test.each(cases)("$name", async (given) => {
    const learner = given.task === "regression" ? linear : logistic;
    const { penalty, l1Ratio = 0, standardise = true } = given;
    const params = resolveParams(learner.name, learner.params, { penalty, l1Ratio, standardise });
    compare(await learner.fit(dataOf(given, 64), params, 0), given);
  });

  test.each(cases)("$name, by first-order steps as for wide data", async (given) => {
    const { penalty, l1Ratio = 0, standardise = true } = given;
    const outputs = given.task === "multiclass" ? 3 : 1;
    const options = { penalty, l1Ratio, standardise, outputs, tolerance: 1e-8, maxPasses: 200, curved: false };
    const { coordinates, x } = await fitByPasses(dataOf(given, 64), lossOf[given.task], options);
    compare(toState(coordinates, x, outputs), given);
  });
});

/**
 * Coefficients on standardised columns, to 1e-4 of the output's largest: what a user sees in four digits. Kernels sum float32
 * products, so the last digits of float64 are not to be had.
 */
function compare({ weights, intercepts, means, deviations }: LinearState, expected: Case): void {
  expected.weights.forEach((row, k) => {
    const standardised = row.map((weight, j) => weight * deviations[j]!);
    const tolerance = 1e-4 * Math.max(...standardised.map(Math.abs), 1e-3);
    for (const [j, weight] of standardised.entries())
      expect(Math.abs(weights[k]![j]! * deviations[j]! - weight)).toBeLessThan(tolerance);
    const centre = weights[k]!.reduce((sum, weight, j) => sum + weight * means[j]!, intercepts[k]!);
    expect(Math.abs(centre - expected.centres[k]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(expected.centres[k]!)));
  });
}
