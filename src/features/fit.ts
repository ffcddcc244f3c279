import { SluiceError } from "../base/errors.js";
import { type ParamValue, resolveParams } from "../base/params.js";
import type { Expr } from "../expr/expr.js";
import type { Answer, Block, FittedFeature, Question } from "./contract.js";
import { featureNamed } from "./index.js";
import { answer, type StatisticsOptions } from "./statistics.js";

/** A stage that was asked for and not fitted yet. An input may be another stage: it is fitted first, and its formulas go in. */
export interface Stage {
  readonly feature: string;
  readonly name: string;
  readonly inputs: readonly (Expr | Stage)[];
  readonly params: Readonly<Record<string, ParamValue>>;
}

export const isStage = (input: Expr | Stage): input is Stage => "feature" in input;

/** Fits all stages by one round of fused questions, after one round for each depth of stages inside stages. */
export async function fitStages(stages: readonly Stage[], options: StatisticsOptions): Promise<FittedFeature[]> {
  const known = options.known ?? new Map<string, Answer>();
  const inner = stages.flatMap(({ inputs }) => inputs.filter(isStage));
  const fittedInner = inner.length > 0 ? await fitStages(inner, { ...options, known }) : [];
  const ready = stages.map((stage) => {
    const feature = featureNamed(stage.feature);
    const inputs = stage.inputs.flatMap((input) => (isStage(input) ? formulasOf(fittedInner[inner.indexOf(input)]!) : [input]));
    const params = resolveParams(feature.name, feature.params, stage.params);
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

const noFeatures = (why: string): SluiceError =>
  new SluiceError("no_features", `no column is left to learn from: ${why}. Name some with --features, or drop fewer`);

export interface FitOptions extends StatisticsOptions {
  readonly schema: Schema;
  /** Columns that may become features: no roles, no column of the label. */
  readonly usable: readonly string[];
  /** Stages asked for by name; automatic ones when absent. */
  readonly requested?: readonly Stage[];
  readonly drop?: readonly string[];
  /** Rows of the whole source, so that an id is known by its range even in a sample. */
  readonly rowsTotal?: number;
}

/** Chooses where nothing was requested, fits, and says what became of each column. */
export async function fitFeatures(options: FitOptions): Promise<{ fitted: FittedFeature[]; decisions: Decision[]; blocks: Block[] }> {
  const drop = new Set(options.drop);
  const shared = { ...options, known: options.known ?? new Map<string, Answer>() };
  const usable = options.usable.filter((name) => !drop.has(name));
  const { stages, decisions } = options.requested
    ? requestedStages(options.requested, options.schema, usable)
    : await automatic(options.schema, usable, shared);
  const fitted = await fitStages(stages, shared);
  const blocks = blocksOf(fitted);
  const all = [...options.usable.filter((name) => drop.has(name)).map((name) => byHand(options.schema, name)), ...decisions];
  if (blocks.length === 0) throw noFeatures(all.map(({ column, reason }) => `${column}: ${reason}`).slice(0, 5).join("; ") || "there is none beside the label");
  return { fitted, decisions: all, blocks };
}
