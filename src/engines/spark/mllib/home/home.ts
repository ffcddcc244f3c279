import { SluiceError } from "../../../../base/errors.js";
import type { DenseMatrix, DenseVector, Fetched } from "../../frames/literals.js";
import { estimatorOf } from "../files.js";
import { type Fitted, MllibModel } from "../model.js";
import { type Operator, type OperatorName, paramOf as paramOfOperator } from "../operator.js";
import { isFitted, PipelineModel } from "../pipeline.js";
import { ValidatedModel } from "../validation.js";
import { bayesOf } from "./bayes.js";
import { readFactors } from "./factors.js";
import { readTrees, type TreeReading } from "./read-trees.js";
import type { Deciding, HomeAssemble, HomeModel } from "./state.js";

/**
 * What fitted models are, as plain data that no server is needed for: `homeColumns` makes formulas of it. Of a pipeline, its stages in
 * their order. Trees are read from the files that Spark writes of them, through Spark.
 */
export async function home(model: Fitted, reading: TreeReading = {}): Promise<readonly HomeModel[]> {
  if (model instanceof ValidatedModel) return home(model.best, reading);
  if (model instanceof MllibModel) return [await homeOf(model, reading)];
  if (!(model instanceof PipelineModel)) throw cannot(model.constructor.name);
  const stages: HomeModel[] = [];
  for (const stage of model.stages)
    stages.push(...(isFitted(stage) ? await home(stage, reading) : [assemblerOf(stage)]));
  return stages;
}

/** The operators whose models have a form outside of Spark. */
export const homeNames = [
  "LinearRegression",
  "LogisticRegression",
  "DecisionTreeRegressor",
  "DecisionTreeClassifier",
  "RandomForestRegressor",
  "RandomForestClassifier",
  "GBTRegressor",
  "GBTClassifier",
  "NaiveBayes",
  "KMeans",
  "ALS",
  "PCA",
  "StandardScaler",
  "MinMaxScaler",
  "StringIndexer",
  "VectorAssembler",
] as const satisfies readonly OperatorName[];

const cannot = (name: string): SluiceError =>
  new SluiceError("unknown_name", `${name} has no form outside of Spark; these have: ${homeNames.join(", ")}`, {
    model: name,
  });

async function homeOf(model: MllibModel, reading: TreeReading): Promise<HomeModel> {
  const ask = askOf(model);
  const [features, prediction] = [ask.text("featuresCol"), ask.text("predictionCol")];
  const regressing = { features, prediction };
  const deciding = {
    ...regressing,
    rawPrediction: ask.text("rawPredictionCol"),
    probability: ask.text("probabilityCol"),
  };
  const scaling = { input: ask.text("inputCol"), output: ask.text("outputCol") };
  switch (model.name) {
    case "LinearRegressionModel": {
      const weights = [await ask.vector("coefficients")];
      return { kind: "linear", columns: regressing, classes: 0, weights, intercepts: [await ask.number("intercept")] };
    }
    case "LogisticRegressionModel": {
      const weights = rowsOf(await ask.matrix("coefficientMatrix"));
      const intercepts = await ask.vector("interceptVector");
      return { kind: "linear", columns: deciding, ...(await decidingOf(model)), weights, intercepts };
    }
    case "DecisionTreeRegressionModel":
    case "RandomForestRegressionModel":
    case "GBTRegressionModel":
      return { kind: "trees", columns: regressing, classes: 0, how: "sum", ...(await readTrees(model, reading)) };
    case "GBTClassificationModel":
      return {
        kind: "trees",
        columns: deciding,
        ...(await decidingOf(model)),
        how: "odds",
        ...(await readTrees(model, reading)),
      };
    case "DecisionTreeClassificationModel":
    case "RandomForestClassificationModel":
      return {
        kind: "trees",
        columns: deciding,
        ...(await decidingOf(model)),
        how: "votes",
        ...(await readTrees(model, reading)),
      };
    case "NaiveBayesModel": {
      const [prior, theta, sigma] = [await ask.vector("pi"), await ask.matrix("theta"), await ask.matrix("sigma")];
      const form = bayesOf(ask.text("modelType"), prior, rowsOf(theta), rowsOf(sigma));
      return { kind: "bayes", columns: deciding, ...(await decidingOf(model)), ...form };
    }
    case "KMeansModel": {
      const distance = ask.text("distanceMeasure") as "euclidean" | "cosine";
      return {
        kind: "centres",
        columns: regressing,
        centres: rowsOf(await ask.matrix("clusterCenterMatrix")),
        distance,
      };
    }
    case "PCAModel":
      return { kind: "projection", columns: scaling, components: columnsOf(await ask.matrix("pc")) };
    case "StandardScalerModel": {
      const [mean, deviation] = [await ask.vector("mean"), await ask.vector("std")];
      const [withMean, withStd] = [ask.flag("withMean"), ask.flag("withStd")];
      return {
        kind: "affine",
        columns: scaling,
        shift: mean.map((value) => (withMean ? value : 0)),
        factor: deviation.map((value) => (!withStd ? 1 : value === 0 ? 0 : 1 / value)),
        offset: mean.map(() => 0),
      };
    }
    case "MinMaxScalerModel": {
      const [least, most] = [await ask.vector("originalMin"), await ask.vector("originalMax")];
      const [to, from] = [ask.real("max"), ask.real("min")];
      const factor = least.map((value, j) => (most[j] === value ? null : (to - from) / (most[j]! - value)));
      const offset = factor.map((one) => (one === null ? (to + from) / 2 : from));
      return { kind: "affine", columns: scaling, shift: least, factor, offset };
    }
    case "StringIndexerModel": {
      const labels = (await model.attribute("labelsArray")) as readonly (readonly string[])[];
      const [inputs, outputs] = [ask.texts("inputCols", "inputCol"), ask.texts("outputCols", "outputCol")];
      return {
        kind: "index",
        columns: { inputs, outputs },
        labels,
        unseen: ask.text("handleInvalid") === "keep" ? "last" : "missing",
      };
    }
    case "ALSModel": {
      const [users, items] = [await readFactors(model, "userFactors"), await readFactors(model, "itemFactors")];
      return {
        kind: "factors",
        columns: { user: ask.text("userCol"), item: ask.text("itemCol"), prediction },
        rank: await ask.number("rank"),
        cold: ask.text("coldStartStrategy") as "nan" | "drop",
        users,
        items,
      };
    }
    default:
      throw cannot(model.name);
  }
}

function assemblerOf({ operator, params }: Operator): HomeAssemble {
  if (operator !== "VectorAssembler") throw cannot(operator);
  return {
    kind: "assemble",
    columns: { inputs: params["inputCols"] as readonly string[], output: params["outputCol"] as string },
  };
}

/** Attributes and params of a model in their types. */
function askOf(model: MllibModel) {
  const operator = model.operator ?? estimatorOf(model.name);
  const param = (name: string): unknown =>
    operator === undefined ? model.params[name] : paramOfOperator({ operator, params: model.params }, name);
  const text = (name: string): string => (param(name) as string | undefined) ?? "";
  const fetched = async (name: string): Promise<Fetched> => model.attribute(name);
  return {
    text,
    texts: (many: string, one: string): readonly string[] =>
      (param(many) as readonly string[] | undefined) ?? [text(one)],
    flag: (name: string): boolean => param(name) === true,
    real: (name: string): number => param(name) as number,
    vector: async (name: string): Promise<readonly number[]> => ((await fetched(name)) as DenseVector).values,
    matrix: async (name: string): Promise<DenseMatrix> => (await fetched(name)) as DenseMatrix,
    number: async (name: string): Promise<number> => (await fetched(name)) as number,
  };
}

async function decidingOf(model: MllibModel): Promise<Deciding> {
  const operator = model.operator ?? estimatorOf(model.name)!;
  const of = { operator, params: model.params };
  const thresholds = paramOfOperator(of, "thresholds") as readonly number[] | undefined;
  const threshold = paramOfOperator(of, "threshold") as number | undefined;
  return {
    classes: (await model.attribute("numClasses")) as number,
    ...(thresholds === undefined ? {} : { thresholds }),
    ...(threshold === undefined || thresholds !== undefined ? {} : { threshold }),
  };
}

const rowsOf = ({ rows, columns, values }: DenseMatrix): readonly (readonly number[])[] =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => values[j * rows + i]!));

const columnsOf = ({ rows, columns, values }: DenseMatrix): readonly (readonly number[])[] =>
  Array.from({ length: columns }, (_, j) => values.slice(j * rows, (j + 1) * rows));
