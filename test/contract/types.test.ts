import { expect, test } from "vitest";
import { boosting, logistic, sgd, tree } from "../../src/index.js";

/** What must not compile stands below `@ts-expect-error`, which the type check refuses where the line does compile. */
test("parameters of a learner are those that it declares", () => {
  expect(boosting({ trees: 300, objective: "poisson", l2: "auto" }).params).toEqual({
    trees: 300,
    objective: "poisson",
    l2: "auto",
  });
  // @ts-expect-error: the parameter is called trees
  boosting({ tree: 300 });
  // @ts-expect-error: a number
  tree({ leaves: "many" });
  // @ts-expect-error: one of the objectives
  boosting({ objective: "poison" });
  // @ts-expect-error: a number or "auto"
  logistic({ penalty: "none" });
  // @ts-expect-error: trees are not of this learner
  sgd({ trees: 3 });
});
