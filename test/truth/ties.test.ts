import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  boosting,
  evaluate,
  files,
  forest,
  logistic,
  predict,
  scorer,
  sparseLogistic,
  train,
  tree,
} from "../../src/index.js";
import { duck } from "../support/duck.js";
import { type Desk, desk } from "../support/reading.js";

// Rows of x = 0 are of three classes alike, those of 1 of the first two, those of 2 of the last two; 3 to 8 are mixed in eighths.
const classes = ["ant", "bee", "cat"] as const;
const shares: readonly (readonly number[])[] = [
  [8, 8, 8],
  [12, 12, 0],
  [0, 12, 12],
  ...Array.from({ length: 6 }, (_, i) => [3 + i, 9, 12 - i]),
];
const rows = shares.flatMap((counts, x) =>
  counts.flatMap((count, k) => Array.from({ length: count }, (_, i) => ({ x, n: (i * 7 + k) % 5, y: classes[k]! }))),
);

let at: Desk;
let source: ReturnType<typeof files>;
beforeAll(async () => {
  at = await desk();
  source = files(at.put("ties.csv", `x,n,y\n${rows.map(({ x, n, y }) => `c${x},${n},${y}`).join("\n")}\n`));
});
afterAll(() => at[Symbol.asyncDispose]());

const fitted = async (learner: ReturnType<typeof tree>, features: readonly string[]) => {
  const place = { home: at.path("home"), cache: at.path("cache") };
  return { ...(await train({ data: source, label: "y", learner, features, validate: "none", ...place })), place };
};

describe("of classes of equal probability the first one is predicted", () => {
  test("by a tree, as scikit-learn's argmax has it", async () => {
    const { model } = await fitted(tree({ minLeafRows: 1 }), ["x"]);
    const score = scorer(model);
    const answers = ["c0", "c1", "c2"].map((x) => score({ x }));
    expect(answers.map(({ prediction }) => prediction)).toEqual(["ant", "ant", "bee"]);
    for (const [row, equal] of [
      ["ant", "bee", "cat"],
      ["ant", "bee"],
      ["bee", "cat"],
    ].entries()) {
      const { probabilities } = answers[row]!;
      // A share of 0 counts as 5e-16.
      for (const name of equal) expect(probabilities![name]).toBeCloseTo(1 / equal.length, 12);
      expect(new Set(equal.map((name) => probabilities![name])).size).toBe(1);
    }
  });

  test.each([
    ["tree", tree({ minLeafRows: 1 })],
    ["forest", forest({ trees: 40, minLeafRows: 1 })],
    ["boosting", boosting({ trees: 10, minLeafRows: 1, minLeafHessian: 0 })],
    ["logistic", logistic()],
    ["sparseLogistic", sparseLogistic()],
  ] as const)("alike in a file, in one row and where %s is judged", async (name, learner) => {
    const trained = await fitted(learner as ReturnType<typeof tree>, ["x", "n"]);
    const to = at.path(`${name}.parquet`);
    await predict(trained, source, { to, ...trained.place });
    const inFile = (await duck(`SELECT prediction FROM '${to}'`)).map(({ prediction }) => prediction);
    const score = scorer(trained.model);
    expect(rows.map(({ x, n }) => score({ x: `c${x}`, n }).prediction)).toEqual(inFile);
    const { model: judged } = await evaluate(trained, source, trained.place);
    const cells = classes.flatMap((label, from) =>
      classes.map((predicted, to) => ({
        label: String(from),
        predicted: String(to),
        weight: rows.filter(({ y }, row) => y === label && inFile[row] === predicted).length,
      })),
    );
    expect(judged.curves["confusion"]).toEqual(cells);
  });
});
