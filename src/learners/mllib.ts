import { SluiceError } from "../base/errors.js";
import type { Params } from "../base/params.js";
import { call, col, type Expr, lit } from "../expr/expr.js";
import type { Block } from "../features/contract.js";
import type { Learner, Task } from "./contract.js";
import { outputNames } from "./linear/score.js";
import { formulaScores } from "./passes/formula-scores.js";

const prefix = "mllib.";

/** A model of MLlib's that came home: its outputs as formulas over `f0`, `f1`, ...: the numbers, then a column of 0 and 1 for each level. */
export interface MllibState {
  readonly outputs: Readonly<Record<string, Expr>>;
}

export const isMllib = (name: string | undefined): name is string => name?.startsWith(prefix) === true;

const tasksOf: Readonly<Record<string, readonly Task[]>> = {
  "binary classification": ["binary"],
  classification: ["binary", "multiclass"],
  regression: ["regression"],
};

/** A learner that Spark owns, by its name (`mllib.GBTClassifier`), with the params that Spark gives it. */
export async function mllibLearner(name: string): Promise<Learner> {
  const { mllibNamed } = await import("../engines/spark/mllib/named.js");
  const { name: spelled, task, params } = mllibNamed(name);
  const tasks = tasksOf[task];
  if (!tasks)
    throw new SluiceError(
      "usage",
      `${spelled} is for ${task}, and train learns a label; use it from TypeScript (docs/spark.md)`,
      {
        learner: spelled,
      },
    );
  return homeLearner(spelled, tasks, params);
}

/** The same without what only training needs: what a saved model is read with. */
export const homeLearner = (
  name: string,
  tasks: readonly Task[] = ["binary", "multiclass", "regression"],
  params: Params = {},
): Learner =>
  ({
    name,
    doc: "a learner of Spark's MLlib, fitted on the cluster and brought home",
    tasks,
    needs: { pages: "dense", passes: "one" },
    params,

    async fit(data, given, seed) {
      if (!data.fitBy)
        throw new SluiceError("usage", `${name} is fitted by Spark: say --on spark, with the cluster in SPARK_REMOTE`, {
          learner: name,
        });
      return { outputs: await data.unit("fitted by Spark", () => data.fitBy!(name, given, seed)) };
    },
    score({ outputs }, blocks, task, classes) {
      const features = featuresOf(blocks);
      const named = outputNames(task, classes).map(
        (output) => [output, substituted(outputs[output]!, features)] as const,
      );
      return Object.fromEntries(named);
    },
    scorer({ outputs }, blocks, _, task, classes) {
      const features = featuresOf(blocks, (block, i) => col(`${block.kind === "number" ? "n" : "k"}${i}`));
      return {
        name: formulaScores.name,
        params: { outputs: outputNames(task, classes).map((output) => substituted(outputs[output]!, features)) },
      };
    },
  }) satisfies Learner<Params, MllibState> as unknown as Learner;

/** The most columns that MLlib's vectors are made of here. */
const mostFeatures = 4096;

/** What MLlib learns from, as formulas over the blocks' values: numbers filled where they are missing, then a column for each level. */
export function featuresOf(blocks: readonly Block[], read?: (block: Block, i: number) => Expr): readonly Expr[] {
  const numbers = blocks.filter((block) => block.kind === "number");
  const categories = blocks.filter((block) => block.kind === "category");
  const width = numbers.length + categories.reduce((sum, { levels }) => sum + levels.length, 0);
  if (width > mostFeatures)
    throw new SluiceError(
      "usage",
      `the features make ${width} columns, and MLlib gets at most ${mostFeatures}; drop or bucketise some`,
      {
        width,
      },
    );
  return [
    ...numbers.map((block, i) => call("coalesce", call("toReal", read?.(block, i) ?? block.expr), lit(block.fill))),
    ...categories.flatMap(({ expr, levels, ...block }, i) => {
      const code: Expr = read?.({ expr, levels, ...block }, i) ?? {
        kind: "lookup",
        key: expr,
        keys: levels,
        values: levels.map((_, k) => k),
        otherwise: null,
      };
      return levels.map((_, k) => call("toReal", call("when", call("eq", code, lit(k)), lit(1), lit(0))));
    }),
  ];
}

/** `f0`, `f1`, ... put into a formula. */
function substituted(of: Expr, features: readonly Expr[]): Expr {
  switch (of.kind) {
    case "col":
      return features[Number(of.name.slice(1))]!;
    case "call":
      return { ...of, args: of.args.map((arg) => substituted(arg, features)) };
    case "trees":
      return { ...of, inputs: of.inputs.map((input) => substituted(input, features)) };
    case "lookup":
      return { ...of, key: substituted(of.key, features) };
    default:
      return of;
  }
}
