import { SluiceError } from "../base/errors.js";
import { type Params, resolveParams } from "../base/params.js";
import { type Column, type Schema, text, typeName } from "../base/schema.js";
import { col, columnsOf, type Expr } from "../expr/expr.js";
import { automatic } from "./automatic.js";
import type { Answer, Block, FittedFeature, Question } from "./contract.js";
import { featureNamed } from "./index.js";
import { type Candidate, type Decision, isStage, type Requested, type Stage } from "./stage.js";
import { countRows } from "./statistics/ask.js";
import { answer, type StatisticsOptions } from "./statistics.js";

/** Fits all stages by one round of fused questions, after one round for each depth of stages inside stages. */
export async function fitStages(stages: readonly Stage[], options: StatisticsOptions): Promise<FittedFeature[]> {
  const known = options.known ?? new Map<string, Answer>();
  const inner = stages.flatMap(({ inputs }) => inputs.filter(isStage));
  const fittedInner = inner.length > 0 ? await fitStages(inner, { ...options, known }) : [];
  const ready = stages.map((stage) => {
    const feature = featureNamed(stage.feature);
    const inputs = stage.inputs.flatMap((input) =>
      isStage(input) ? formulasOf(fittedInner[inner.indexOf(input)]!) : [input],
    );
    const params = resolveParams(feature.name, feature.params as Params, stage.params);
    return { stage, feature, inputs, params, questions: feature.questions(inputs, params) };
  });
  const questions: Question[] = ready.flatMap((one) => one.questions);
  const answers = await answer(questions, { ...options, known });
  let at = 0;
  return ready.map(({ stage, feature, inputs, params, questions }) => {
    const state = feature.fit(answers.slice(at, at + questions.length), inputs, params);
    at += questions.length;
    return { feature: feature.name, name: stage.name, inputs, params, state };
  });
}

const formulasOf = (fitted: FittedFeature): Expr[] => blocksOf([fitted]).map(({ expr }) => expr);

/** The blocks of fitted stages, in order; a name used twice gets a number. Pure: the same at training and at predict. */
export function blocksOf(fitted: readonly FittedFeature[]): Block[] {
  const taken = new Map<string, number>();
  return fitted.flatMap(({ feature, name, inputs, params, state }) =>
    featureNamed(feature)
      .blocks(state, inputs, params, name)
      .map((block) => {
        const times = (taken.get(block.name) ?? 0) + 1;
        taken.set(block.name, times);
        return times === 1 ? block : { ...block, name: `${block.name} (${times})` };
      }),
  );
}

export interface FitOptions extends StatisticsOptions {
  readonly schema: Schema;
  /** Columns that may become features: no roles, no column of the label. */
  readonly usable: readonly string[];
  /** Stages asked for by name; automatic ones when absent. */
  readonly requested?: readonly Requested[];
  readonly drop?: readonly string[];
  /** Columns of whole numbers whose values are categories, as those of a text are. */
  readonly codes?: readonly string[];
  /** Whether a learner wants a value and a flag where a number is missing, or takes it as it is. */
  readonly missing?: "filled" | "kept";
  /** Rows of the whole source, so that an id is known by its range even in a sample. */
  readonly sourceRows?: number;
  /** The learner takes hashed features. */
  readonly hashed?: boolean;
}

/** Chooses where nothing was requested, fits, and says what became of each column. */
export async function fitFeatures(
  options: FitOptions,
): Promise<{ fitted: FittedFeature[]; decisions: Decision[]; blocks: Block[] }> {
  const drop = new Set(options.drop);
  const rowsTotal = await countRows(options);
  const shared = { ...options, rowsTotal, known: options.known ?? new Map<string, Answer>() };
  const usable = new Set(options.usable);
  const columns = options.schema.columns.filter(({ name }) => usable.has(name));
  const left = columns.filter(({ name }) => !drop.has(name));
  const { stages, decisions } = options.requested
    ? await chosenByHand(options.requested, left, shared)
    : await automatic(
        left.map(({ name, type }) => ({ name, formula: col(name), type: options.codes?.includes(name) ? text : type })),
        shared,
      );
  const fitted = await fitStages(stages, shared);
  const blocks = blocksOf(fitted);
  const byName = new Map(decisions.map((decision) => [decision.column, decision]));
  const all = columns.map(({ name, type }) => ({
    use: "dropped",
    reason: drop.has(name) ? "asked for with --drop" : "not named in --features",
    ...byName.get(name),
    column: name,
    type: typeName(type),
  }));
  if (blocks.length === 0) throw noFeatures(all);
  return { fitted, decisions: all, blocks };
}

/** Stages as they were asked for; formulas as automatic features would have it. Each column says which stages read it. */
async function chosenByHand(
  requested: readonly Requested[],
  columns: readonly Column[],
  options: StatisticsOptions,
): Promise<{ stages: Stage[]; decisions: Decision[] }> {
  const formulas = requested.filter((one): one is Candidate => !isStage(one));
  const chosen = await automatic(formulas, options);
  const byFormula = new Map(formulas.map(({ name }, i) => [name, chosen.decisions[i]!]));
  for (const [name, { use, reason }] of byFormula)
    if (use === "dropped")
      throw new SluiceError(
        "no_features",
        `--features ${name}: ${reason}. Leave it out, or name a feature for it, like onehot(${name}) or hash(${name})`,
        { name },
      );
  const uses = new Map<string, string[]>();
  const names = columns.map(({ name }) => name);
  for (const one of requested) {
    const use = isStage(one) ? useOf(one) : byFormula.get(one.name)!.use;
    for (const column of readBy(one)) {
      if (!names.includes(column)) throw notUsable(column, names);
      uses.set(column, [...(uses.get(column) ?? []), use]);
    }
  }
  const decisions = columns
    .filter(({ name }) => uses.has(name))
    .map(({ name, type }) => ({
      column: name,
      type: typeName(type),
      use: uses.get(name)!.join(", "),
      reason: "asked for with --features",
    }));
  return { stages: [...requested.filter(isStage), ...chosen.stages], decisions };
}

/** A stage as it would be typed: some are named by their whole call already. */
const useOf = ({ feature, name }: Stage): string => (name.startsWith(`${feature}(`) ? name : `${feature}(${name})`);

const readBy = (one: Requested | Expr): string[] =>
  "kind" in one ? [...columnsOf(one)] : isStage(one) ? one.inputs.flatMap(readBy) : [...columnsOf(one.formula)];

const notUsable = (column: string, usable: readonly string[]): SluiceError =>
  new SluiceError(
    "usage",
    `--features names "${column}", which the label is made of, has a role, or is dropped; usable are ${usable.slice(0, 20).join(", ")}`,
    { column },
  );

const noFeatures = (decisions: readonly Decision[]): SluiceError => {
  const why = decisions.slice(0, 5).map(({ column, reason }) => `${column}: ${reason}`);
  return new SluiceError(
    "no_features",
    `no column is left to learn from (${why.join("; ") || "there is none beside the label"}). Name features with --features, or drop fewer columns`,
    { decisions: decisions.slice(0, 100) },
  );
};

export type { Decision, Requested, Stage } from "./stage.js";
