import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  boosting,
  files,
  forest,
  linear,
  logistic,
  scorer,
  sgd,
  sparseLinear,
  sparseLogistic,
  train,
  tree,
} from "../../src/index.js";
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

describe("weights", () => {
  const weighing = (weight: number) => rows.map((row) => ({ ...row, weight }));
  test.each(Object.entries({ logistic: ["y", logistic], linear: ["amount", linear] } as const))(
    "of 2 are those of 1 under the automatic penalty of %s, and two rows each where the penalty says so",
    async (_, [label, learner]) => {
      const few = (weight: number) => weighing(weight).slice(0, 12);
      const twice = [...few(1), ...few(1)];
      const given = (penalty?: number) =>
        learner(penalty === undefined ? {} : { penalty }) as ReturnType<typeof logistic>;
      const [one, two, often] = [
        await answers(given(), label, few(1)),
        await answers(given(), label, few(2)),
        await answers(given(), label, twice),
      ];
      expect(two).toEqual(one);
      expect(often).not.toEqual(one);
      expect(await answers(given(1 / 24), label, few(2))).toEqual(often);
    },
  );
});

// Rows of weight 0 say nothing in any way: not by values that nobody else has, not by the room they take on a page, not by a class of their own.
describe("wild rows of weight 0 are as if they were not there to", () => {
  const wild = rows.flatMap((row, i) => [
    { id: `r${i}`, ...row, weight: 1 + (i % 3), z: (i * 17) % 9, c: "abc"[i % 3]! },
    ...(i % 5 === 0
      ? [
          {
            id: `none${i}`,
            x: 1e6 * (i % 2),
            y: "never",
            amount: -1e9,
            weight: i % 10 === 0 ? 0 : "",
            z: "",
            c: "wild",
          },
        ]
      : []),
  ]);
  const source = (kept: typeof wild) => {
    const lines = kept.map(({ id, x, y, amount, weight, z, c }) => [id, x, y, amount, weight, z, c].join(","));
    return files(at.put("wild.csv", `id,x,y,amount,w,z,c\n${lines.join("\n")}\n`));
  };
  const learnersOf = {
    y: { logistic, sgd, boosting, forest, tree, sparseLogistic },
    amount: { linear, sgd, boosting, tree, sparseLinear },
  };
  const cases = Object.entries(learnersOf).flatMap(([label, of]) =>
    Object.entries(of).map(([name, learner]) => [name, label, learner] as const),
  );
  test.each(cases)("%s, for %s", async (_, label, learner) => {
    const fitted = async (kept: typeof wild) => {
      const asked = {
        label,
        learner: (learner as typeof logistic)(),
        weight: "w",
        id: "id",
        features: ["x", "z", "c"],
      };
      const where = { home: at.path("home"), cache: at.path("cache") };
      return train({ data: source(kept), ...asked, pageRows: 64, ...where } as Parameters<typeof train>[0]);
    };
    const [all, some] = [await fitted(wild), await fitted(wild.filter(({ weight }) => Number(weight) > 0))];
    expect(all.result.stateHash).toBe(some.result.stateHash);
    expect(all.result.metrics).toEqual(some.result.metrics);
    expect(all.result.rows).toMatchObject({
      ...some.result.rows,
      read: wild.length,
      filtered: wild.length - rows.length,
    });
  });
});
