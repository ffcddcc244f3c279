import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { boosting, files, forest, linear, logistic, scorer, sgd, train, tree } from "../../src/index.js";
import { type Desk, desk } from "../support/reading.js";

// A row of weight 0 says nothing, so a model is the one that is made where the row is not.
const rows = Array.from({ length: 600 }, (_, i) => {
  const x = (i * 7) % 4;
  return {
    x,
    y: (i * 31) % 60 < 12 * (x + 1) ? "yes" : "no",
    amount: x * 3 + (i % 50) / 8,
    weight: i % 7 === 0 ? 0 : 1,
  };
});
const csv = (kept: typeof rows): string =>
  ["x,y,amount,w", ...kept.map(({ x, y, amount, weight }) => `${x},${y},${amount},${weight}`)].join("\n");

let at: Desk;
beforeAll(async () => {
  at = await desk();
});
afterAll(() => at[Symbol.asyncDispose]());

describe("rows of weight 0 count as none to", () => {
  test.each(Object.entries({ logistic, sgd, boosting, forest, tree }))("%s, of classes", async (_, learner) => {
    expect(await answers(learner(), "y", rows)).toEqual(await answers(learner(), "y", without));
  });
  test.each(Object.entries({ linear, sgd, boosting }))("%s, of numbers", async (_, learner) => {
    expect(await answers(learner(), "amount", rows)).toEqual(await answers(learner(), "amount", without));
  });
});

const without = rows.filter(({ weight }) => weight > 0);

async function answers(learner: ReturnType<typeof logistic>, label: string, from: typeof rows): Promise<number[]> {
  const { model } = await train({
    data: files(at.put(`${label}.csv`, csv(from))),
    label,
    learner,
    weight: "w",
    features: ["x"],
    validate: "none",
    home: at.path("home"),
    cache: at.path("cache"),
  });
  const score = scorer(model);
  return [0, 1, 2, 3].map((x) => {
    const { probability, prediction } = score({ x });
    return Number(Number(probability ?? prediction).toFixed(5));
  });
}
