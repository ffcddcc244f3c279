import { randomBytes } from "node:crypto";
import { SluiceError } from "../../../base/errors.js";
import { quote } from "../../../sql/spark/literals.js";
import type { SparkSession } from "../connection/session.js";
import { calling, column, constant, type Frame, formula, sql, withColumns } from "../frames/plan.js";
import { collect } from "./collect.js";
import type { FitAny, OneVsRest } from "./estimator.js";
import type { Fitting } from "./fit-operator.js";
import { inParallel } from "./in-parallel.js";
import type { Fitted, MllibModel } from "./model.js";
import { type EstimatorName, factsOf, type Operator, paramOf, withParams } from "./operator.js";
import { persisted } from "./persist.js";

/** Several classes by a classifier of two. Columns are those that the classifier names; its labels are 0 .. classes-1. */
export function oneVsRest(
  classifier: Operator<EstimatorName>,
  { parallel = 1 }: { readonly parallel?: number } = {},
): OneVsRest {
  const { task, params } = factsOf(classifier.operator);
  if (!task.endsWith("classification") || params["rawPredictionCol"] === undefined)
    throw new SluiceError("bad_parameter", `oneVsRest needs a classifier; ${classifier.operator} is for ${task}`, {
      operator: classifier.operator,
    });
  return { operator: "OneVsRest", classifier, parallel };
}

/** A model for each class; the class whose model is surest is the prediction. */
export class OneVsRestModel implements Fitted {
  readonly models: readonly MllibModel[];
  readonly classifier: Operator<EstimatorName>;

  constructor(models: readonly MllibModel[], classifier: Operator<EstimatorName>) {
    this.models = models;
    this.classifier = classifier;
  }

  /** Adds `rawPrediction` (a vector with each class's margin) and `prediction`, under the names that the classifier has for them. */
  transform(rows: Frame): Frame {
    const mark = `__sluice_${randomBytes(4).toString("hex")}`;
    const [raw, sure, predicted] = [`${mark}_raw`, `${mark}_probability`, `${mark}_prediction`];
    const set = {
      rawPredictionCol: raw,
      predictionCol: predicted,
      ...("probabilityCol" in factsOf(this.classifier.operator).params ? { probabilityCol: sure } : {}),
    };
    const except = Object.values(set).join(", ");
    let frame = rows;
    this.models.forEach((model, k) => {
      const scored = withColumns(model.transform(frame, set), {
        [`${mark}_${k}`]: calling("vector_to_array", column(raw), constant("float64")),
      });
      frame = sql(`SELECT * EXCEPT (${except}) FROM scored`, {}, { scored });
    });
    const margins = this.models.map((_, k) => `${mark}_${k}`);
    const all = `array(${margins.map((name) => `${name}[1]`).join(", ")})`;
    const [rawName, name] = [this.#column("rawPredictionCol"), this.#column("predictionCol")];
    const outputs = withColumns(frame, {
      ...(rawName === "" ? {} : { [rawName]: calling("array_to_vector", formula(all)) }),
      ...(name === "" ? {} : { [name]: formula(`CAST(array_position(${all}, array_max(${all})) - 1 AS DOUBLE)`) }),
    });
    return sql(`SELECT * EXCEPT (${margins.join(", ")}) FROM scored`, {}, { scored: outputs });
  }

  async dispose(): Promise<void> {
    for (const model of this.models) await model.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #column(name: string): string {
    return paramOf(this.classifier, name) as string;
  }
}

export async function fitOneVsRest(
  fit: FitAny,
  session: SparkSession,
  { classifier, parallel }: OneVsRest,
  rows: Frame,
  options: Fitting,
): Promise<OneVsRestModel> {
  const label = quote(paramOf(classifier, "labelCol") as string);
  const needed = ["labelCol", "featuresCol", "weightCol"]
    .map((name) => paramOf(classifier, name))
    .filter((name) => name !== undefined && name !== "");
  const narrow = sql(
    `SELECT ${needed.map((name) => quote(name as string)).join(", ")} FROM labelled`,
    {},
    { labelled: rows },
  );
  const [found] = await collect(session, sql(`SELECT max(${label}) AS most FROM labelled`, {}, { labelled: rows }));
  const most = Number(found?.["most"] ?? Number.NaN);
  if (!(Number.isInteger(most) && most >= 1 && most < 10_000))
    throw new SluiceError("one_class", `the labels of oneVsRest are 0 .. classes-1; the largest here is ${most}`, {
      label: most,
    });
  const models: MllibModel[] = [];
  try {
    await persisted(session, narrow, async () => {
      await inParallel(most + 1, parallel, async (k) => {
        const own = `__sluice_class_${k}`;
        const binary = withColumns(narrow, { [own]: formula(`CASE WHEN ${label} = ${k} THEN 1D ELSE 0D END`) });
        models[k] = (await fit(session, withParams(classifier, { labelCol: own }), binary, options)) as MllibModel;
      });
    });
  } catch (error) {
    for (const model of models) await model?.dispose().catch(() => {});
    throw error;
  }
  return new OneVsRestModel(models, classifier);
}
