import type { Block } from "../../features/contract.js";
import type { Task } from "../../learners/contract.js";
import { outputNames, placesOf } from "../../learners/linear/score.js";
import { featuresOf, isMllib } from "../../learners/mllib.js";
import { checkExpr, checkNodes, checkSlots } from "./expr.js";
import { fields, finite, list, numbers, oneOf, own, type Shape, truth, whole, wrong } from "./shape.js";

/** What a learner's fitted state must be like for these blocks and so many outputs. */
interface About {
  readonly task: Task;
  readonly classes: number;
  readonly outputs: number;
  readonly blocks: readonly Block[];
}
type Check = (state: unknown, at: string, about: About) => void;

const baseline: Check = (state, at, { classes }) =>
  void numbers(own(fields(state, at), "shares"), `${at}.shares`, classes);

const linear: Check = (state, at, { blocks, outputs }) => {
  const given = fields(state, at);
  const width = placesOf(blocks).reduce(
    (sum, { block }) => sum + (block.kind === "number" ? 1 : block.levels.length),
    0,
  );
  numbers(own(given, "intercepts"), `${at}.intercepts`, outputs);
  list(own(given, "weights"), `${at}.weights`, outputs).forEach((weights, k) => {
    numbers(weights, `${at}.weights[${k}]`, width);
  });
  numbers(own(given, "means"), `${at}.means`, width);
  numbers(own(given, "deviations"), `${at}.deviations`, width);
  const errors = own(given, "errors");
  if (errors === undefined) return;
  list(errors, `${at}.errors`, outputs).forEach((row, k) => {
    list(row, `${at}.errors[${k}]`, width).forEach((error, j) => {
      if (error !== null) finite(error, `${at}.errors[${k}][${j}]`);
    });
  });
};

const trees: Check = (state, at, { blocks, outputs }) => {
  const given = fields(state, at);
  numbers(own(given, "base"), `${at}.base`, outputs);
  oneOf(own(given, "link"), `${at}.link`, ["identity", "exp", "logit", "log"]);
  const codesOf = (input: number): number | undefined => {
    const block = blocks[input]!;
    return block.kind === "category" ? block.levels.length : undefined;
  };
  list(own(given, "trees"), `${at}.trees`).forEach((one, t) => {
    const place = `${at}.trees[${t}]`;
    const tree = fields(one, place);
    whole(own(tree, "output"), `${place}.output`, 0, outputs - 1);
    checkNodes(tree, place, blocks.length, codesOf);
    const nodes = (own(tree, "feature") as readonly number[]).length;
    numbers(own(tree, "gain"), `${place}.gain`, nodes);
    numbers(own(tree, "nodeRows"), `${place}.nodeRows`, nodes);
    numbers(own(tree, "leafRows"), `${place}.leafRows`, nodes + 1);
  });
  const outOfBag = own(given, "outOfBag");
  if (outOfBag !== undefined)
    for (const [name, value] of Object.entries(fields(outOfBag, `${at}.outOfBag`)))
      finite(value, `${at}.outOfBag.${name}`);
};

const sparse: Check = (state, at, { blocks, outputs }) => {
  const given = fields(state, at);
  const of = (kind: Block["kind"]): readonly Block[] => blocks.filter((block) => block.kind === kind);
  const hashed = of("hashed").map(({ name }) => name);
  const bits = whole(own(given, "bits"), `${at}.bits`, 1, 28);
  truth(own(given, "logs"), `${at}.logs`);
  list(own(given, "pairs"), `${at}.pairs`).forEach((pair, i) => {
    for (const name of list(pair, `${at}.pairs[${i}]`, 2)) oneOf(name, `${at}.pairs[${i}]`, hashed);
  });
  numbers(own(given, "intercepts"), `${at}.intercepts`, outputs);
  list(own(given, "hashed"), `${at}.hashed`, hashed.length > 0 ? outputs : undefined).forEach((table, k) => {
    checkSlots(table, `${at}.hashed[${k}]`, 2 ** bits);
  });
  const texts = of("text");
  if (texts.length > 0 || own(given, "texts") !== undefined)
    list(own(given, "texts"), `${at}.texts`, texts.length).forEach((tables, t) => {
      const block = texts[t]!;
      list(tables, `${at}.texts[${t}]`, outputs).forEach((table, k) => {
        checkSlots(table, `${at}.texts[${t}][${k}]`, block.kind === "text" ? 2 ** block.terms.bits : 0);
      });
    });
  const width = of("category").reduce((sum, block) => sum + (block.kind === "category" ? block.levels.length : 0), 0);
  list(own(given, "levels"), `${at}.levels`, outputs).forEach((values, k) => {
    numbers(values, `${at}.levels[${k}]`, width);
  });
  list(own(given, "numbers"), `${at}.numbers`, of("number").length).forEach((one, j) => {
    const place = `${at}.numbers[${j}]`;
    const number = fields(one, place);
    finite(own(number, "shift"), `${place}.shift`);
    whole(own(number, "exponent"), `${place}.exponent`, -1100, 1100);
    numbers(own(number, "weights"), `${place}.weights`, outputs);
    numbers(own(number, "missing"), `${place}.missing`, outputs);
  });
};

const mllib: Check = (state, at, { blocks, task, classes }) => {
  const outputs = fields(own(fields(state, at), "outputs"), `${at}.outputs`);
  const columns = new Set(featuresOf(blocks).map((_, i) => `f${i}`));
  for (const name of outputNames(task, classes)) checkExpr(own(outputs, name), `${at}.outputs.${name}`, columns);
};

/** By the learner's name; a contract test holds that every learner has one. */
export const states: Readonly<Record<string, Check>> = {
  baseline,
  linear,
  logistic: linear,
  sgd: linear,
  boosting: trees,
  forest: trees,
  tree: trees,
  sparseLinear: sparse,
  sparseLogistic: sparse,
};

export function checkState(learner: string, state: unknown, at: string, about: About): void {
  const check = Object.hasOwn(states, learner) ? states[learner] : isMllib(learner) ? mllib : undefined;
  if (!check) wrong("learner", learner, `one of ${Object.keys(states).join(", ")}`);
  check(state, at, about);
}

export const checkCalibration: Shape = (value, at) => {
  const given = fields(value, at);
  if (oneOf(own(given, "kind"), `${at}.kind`, ["platt", "isotonic"]) === "platt") {
    finite(own(given, "slope"), `${at}.slope`);
    finite(own(given, "intercept"), `${at}.intercept`);
    return;
  }
  whole(own(given, "first"), `${at}.first`, 0, 8191);
  const shares = numbers(own(given, "shares"), `${at}.shares`);
  if (shares.length === 0 || shares.length > 8192) wrong(`${at}.shares`, shares, "a list of 1 to 8192");
  shares.forEach((share, i) => {
    if (!(share > 0 && share < 1)) wrong(`${at}.shares[${i}]`, share, "between 0 and 1");
  });
};
