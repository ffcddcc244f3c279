import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { place } from "../support/cli.js";
import { asCsv, deliveries } from "../support/deliveries.js";

const at = place();
const rows = deliveries(600);

beforeAll(() => {
  at.write("rows.csv", asCsv(rows));
  const wide = Array.from({ length: 3000 }, (_, i) => `c${i}`);
  const cells = (row: number): string => wide.map((_, i) => ((row * 7919 + i * 104_729) % 1000) / 8).join(",");
  at.write(
    "wide.csv",
    `${wide.join(",")},y\n${Array.from({ length: 60 }, (_, r) => `${cells(r)},${r % 2}`).join("\n")}\n`,
  );
  at.write(
    "below.csv",
    `x,y\n${Array.from({ length: 400 }, (_, i) => `${i % 20},${i === 123 ? -4 : i % 7}`).join("\n")}\n`,
  );
  at.write("gap.csv", `x,z,y\n${Array.from({ length: 400 }, (_, i) => `${i % 20},,${i % 7}`).join("\n")}\n`);
  at.write(
    "rare.csv",
    `x,y\n${Array.from({ length: 4000 }, (_, i) => `${i},${i === 1234 ? "yes" : "no"}`).join("\n")}\n`,
  );
});
afterAll(() => at[Symbol.dispose]());

const late = ["rows.csv", "--label", "late", "--drop", "minutes,size"];
const boosted = (...params: readonly string[]) => ["--learner", "boosting", ...params.flatMap((p) => ["--param", p])];

describe("boosting refuses", () => {
  test.each([
    {
      what: "a monotone constraint on a category",
      args: [...late, ...boosted("monotone=vehicle:+")],
      code: "bad_parameter",
      says: /"vehicle" is a category, and its levels have no order/,
    },
    {
      what: "a constraint on a feature that is none",
      args: [...late, ...boosted("monotone=distanse:+")],
      code: "bad_parameter",
      says: /did you mean "distance"/,
    },
    {
      what: "a budget without room for the histograms",
      args: ["wide.csv", "--label", "y", "--memory", "380MB", "--threads", "1", ...boosted("bins=255")],
      code: "budget_too_small",
      says: /boosting on 3000 features does not fit in 380MB; .*--memory \d+MB|DuckDB needs more memory/,
    },
    {
      what: "a negative count",
      args: ["below.csv", "--label", "y", "--task", "regression", ...boosted("objective=poisson")],
      code: "bad_row",
      says: /the label is -4 in row 124; objective poisson takes labels of 0 and more/,
    },
    {
      what: "a quantile of 2",
      args: ["below.csv", "--label", "y", "--task", "regression", ...boosted("objective=quantile", "alpha=2")],
      code: "bad_parameter",
      says: /alpha is 2; objective quantile takes one between 0 and 1/,
    },
    {
      what: "a label of which a sample has one class",
      args: ["rare.csv", "--label", "y", "--sample", "5%", ...boosted()],
      code: "one_class",
      says: /one class only/,
    },
  ])("$what", async ({ args, code, says }) => {
    const { json } = await at.sluice("train", ...args, "--json");
    expect(json.error?.code).toBe(code);
    expect(json.error?.message).toMatch(says);
  });
});

describe("boosting goes on", () => {
  test("with a column that is always missing, and says that it drops it", async () => {
    const { code, stdout } = await at.sluice("train", "gap.csv", "--label", "y", ...boosted("trees=5"));
    expect(code).toBe(0);
    const shown = await at.sluice("show", "last");
    expect(`${stdout}${shown.stdout}`).toMatch(/z .*dropped .*every training row lacks it/);
  });

  test("with levels at scoring that training never saw", async () => {
    expect((await at.sluice("train", ...late, ...boosted("trees=5"), "--name", "trees")).code).toBe(0);
    const [head, first] = asCsv(rows).split("\n");
    const column = head!.split(",").indexOf("vehicle");
    const strange = first!.split(",").map((cell, i) => (i === column ? "zeppelin" : cell));
    at.write("strange.csv", `${head}\n${strange.join(",")}\n`);
    const { stdout, code } = await at.sluice("predict", "trees", "strange.csv", "--to", "-");
    expect(code).toBe(0);
    expect(stdout).toMatch(/0\.\d/);
  });
});
