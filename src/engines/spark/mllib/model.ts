import { SluiceError } from "../../../base/errors.js";
import type { SparkSession } from "../connection/session.js";
import { type Fetched, fromLiteral } from "../frames/literals.js";
import { type Frame, frame } from "../frames/plan.js";
import { ask, errorClassOf, write } from "./ask.js";
import { deleteModels, holdingsOf } from "./cache.js";
import { checkParams, type ParamValues } from "./check.js";
import type { ModelFact } from "./facts.js";
import { type Argument, fetch, fetchFrame, methodOf, signaturesOf } from "./fetch.js";
import { paramLiterals } from "./literal.js";
import { type EstimatorName, factsOf, type ModelName, modelFacts } from "./operator.js";
import { MllibSummary } from "./summary.js";

/** What can be applied to rows; it holds something on the server until it is disposed of. */
export interface Fitted extends AsyncDisposable {
  /** The frame with what the model adds: lazy, nothing runs. */
  transform(rows: Frame): Frame;
  /** Takes it off the server. Doing it twice is no error. */
  dispose(): Promise<void>;
}

export interface ModelOrigin {
  readonly id: string;
  readonly name: ModelName;
  readonly uid: string;
  /** The estimator that made it, where that is known. */
  readonly operator?: EstimatorName;
  /** What was set on the estimator. */
  readonly params: ParamValues;
  /** What Spark said about the fit: above all that trees stopped growing because the model became too big. */
  readonly warning?: string;
  readonly trainedOn?: Frame;
}

/** Whose training summary is made of predictions, not of training rows. */
const summarisedByPredictions: ReadonlySet<ModelName> = new Set([
  "KMeansModel",
  "BisectingKMeansModel",
  "GaussianMixtureModel",
]);

/** What the models inside of a model are. */
const partOf: Readonly<Partial<Record<ModelName, ModelName>>> = {
  RandomForestClassificationModel: "DecisionTreeClassificationModel",
  RandomForestRegressionModel: "DecisionTreeRegressionModel",
  GBTClassificationModel: "DecisionTreeRegressionModel",
  GBTRegressionModel: "DecisionTreeRegressionModel",
  DistributedLDAModel: "LocalLDAModel",
};

/** A fitted model in the session's cache on the server: a handle. */
export class MllibModel implements Fitted, ModelOrigin {
  readonly session: SparkSession;
  readonly id: string;
  readonly name: ModelName;
  readonly uid: string;
  readonly operator?: EstimatorName;
  readonly params: ParamValues;
  readonly warning?: string;
  readonly trainedOn?: Frame;
  #disposed = false;

  constructor(session: SparkSession, origin: ModelOrigin) {
    this.session = session;
    this.id = origin.id;
    this.name = origin.name;
    this.uid = origin.uid;
    this.params = origin.params;
    if (origin.operator !== undefined) this.operator = origin.operator;
    if (origin.warning !== undefined) this.warning = origin.warning;
    if (origin.trainedOn !== undefined) this.trainedOn = origin.trainedOn;
  }

  get facts(): ModelFact {
    return modelFacts(this.name);
  }

  /** `set` overrides params for this use alone: names of output columns, thresholds. */
  transform(rows: Frame, set: Readonly<Record<string, unknown>> = {}): Frame {
    const facts = this.operator === undefined ? {} : factsOf(this.operator).params;
    return frame({
      case: "mlRelation",
      value: {
        mlType: {
          case: "transform",
          value: {
            operator: { case: "objRef", value: { id: this.id } },
            input: rows,
            params: paramLiterals(facts, checkParams(this.operator ?? this.name, facts, set)),
          },
        },
      },
    });
  }

  /** What the fit found: `coefficients`, `featureImportances`. A vector is { kind, values }. Some answers take Spark jobs. */
  async attribute(name: string, ...args: readonly Argument[]): Promise<Fetched> {
    const { method, gives } = methodOf(this.name, this.facts.attributes, name, args);
    this.#mustBeValue(name, gives);
    return (await fetch(this.session, this.id, [method])).value ?? null;
  }

  /** The same for what is a table: `itemFactors`, `associationRules`. Lazy. */
  frame(name: string, ...args: readonly Argument[]): Frame {
    const { method, gives } = methodOf(this.name, this.facts.attributes, name, args);
    if (gives !== "frame")
      throw new SluiceError("wrong_type", `${this.name}.${name} is no table; ask attribute("${name}")`);
    return fetchFrame(this.id, [method]);
  }

  /** The models that this one is made of (`trees`), or can be made into (`toLocal`). Each question puts them into the cache anew: dispose of them. */
  async models(name: string): Promise<readonly MllibModel[]> {
    const { method, gives } = methodOf(this.name, this.facts.attributes, name, []);
    if (gives !== "models" && gives !== "model")
      throw new SluiceError("wrong_type", `${this.name}.${name} is no list of models`);
    const { ids = [] } = await fetch(this.session, this.id, [method]);
    for (const id of ids) holdingsOf(this.session).ids.add(id);
    return ids.map((id) => new MllibModel(this.session, { id, name: partOf[this.name]!, uid: id, params: {} }));
  }

  /** What training left: `objectiveHistory`, `accuracy`. Where the server let it go, it is made anew from the training rows. */
  async summary(name: string, ...args: readonly Argument[]): Promise<Fetched> {
    const { method, gives } = methodOf(`summary of ${this.name}`, this.facts.summary, name, args);
    this.#mustBeValue(name, gives);
    const trainedOn = this.#summarised();
    const methods = [{ method: "summary" }, method];
    try {
      return (await fetch(this.session, this.id, methods)).value ?? null;
    } catch (error) {
      if (errorClassOf(error) !== "CONNECT_ML.MODEL_SUMMARY_LOST") throw error;
      await ask(this.session, { case: "createSummary", value: { modelRef: { id: this.id }, dataset: trainedOn } });
      return (await fetch(this.session, this.id, methods)).value ?? null;
    }
  }

  /** The same for what is a table: `roc`, `predictions`. */
  summaryFrame(name: string, ...args: readonly Argument[]): Frame {
    const { method, gives } = methodOf(`summary of ${this.name}`, this.facts.summary, name, args);
    if (gives !== "frame")
      throw new SluiceError("wrong_type", `${name} of the summary is no table; ask summary("${name}")`);
    return fetchFrame(this.id, [{ method: "summary" }, method], this.#summarised());
  }

  /** The same questions as a summary answers, about other rows than those it was trained on. */
  async evaluate(rows: Frame): Promise<MllibSummary> {
    const { method } = methodOf(this.name, this.facts.attributes, "evaluate", [rows]);
    const { ids = [] } = await fetch(this.session, this.id, [method]);
    if (ids[0] === undefined) throw new SluiceError("cluster_error", `Spark gave no summary for ${this.name}`);
    holdingsOf(this.session).ids.add(ids[0]);
    return new MllibSummary(this.session, ids[0], this.name);
  }

  /** Bytes that it takes in the server's memory. */
  async size(): Promise<number> {
    const answer = await ask(this.session, { case: "getModelSize", value: { modelRef: { id: this.id } } });
    return answer.case === "param" ? Number(fromLiteral(answer.value)) : 0;
  }

  /** Writes it as Spark does, where the server writes: a path of the cluster, not of this machine. */
  async write(path: string, { overwrite = false }: { readonly overwrite?: boolean } = {}): Promise<void> {
    await write(this.session, { type: { case: "objRef", value: { id: this.id } }, path, shouldOverwrite: overwrite });
  }

  /** Moves it from the server's memory to its disk; the next use brings it back. Its summary is lost and made anew when asked for. */
  async evict(): Promise<void> {
    await ask(this.session, { case: "delete", value: { objRefs: [{ id: this.id }], evictOnly: true } });
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await deleteModels(this.session, [this.id]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #summarised(): Frame {
    if (this.trainedOn === undefined)
      throw new SluiceError(
        "missing_file",
        `this ${this.name} was not fitted in this session: it has no summary of its training; evaluate(rows) gives one`,
      );
    return summarisedByPredictions.has(this.name) ? this.transform(this.trainedOn) : this.trainedOn;
  }

  #mustBeValue(name: string, gives: string): void {
    if (gives === "frame")
      throw new SluiceError(
        "wrong_type",
        `${this.name}: ${name} is a table; ask frame("${name}") or summaryFrame("${name}")`,
      );
    if (gives === "models" || gives === "model" || gives === "summary")
      throw new SluiceError(
        "wrong_type",
        `${this.name}: ${name} is no plain value; ask ${gives === "summary" ? 'summary("...")' : `models("${name}")`}`,
      );
  }
}

/** The attributes of a model that are plain values without arguments. */
export const plainAttributes = (name: ModelName): readonly string[] =>
  Object.entries(modelFacts(name).attributes)
    .filter(([, ways]) =>
      signaturesOf(ways).some(
        ({ args, gives }) => args.length === 0 && !["frame", "model", "models", "summary"].includes(gives),
      ),
    )
    .map(([attribute]) => attribute);
