import { canonical } from "../base/canonical.js";
import { BudgetTooSmallError, isError, SluiceError } from "../base/errors.js";
import type { Resolved } from "../base/params.js";
import type { Schema } from "../base/schema.js";
import { subSeed } from "../base/seeds.js";
import { sourceName } from "../evaluate/judge.js";
import { columnsOf } from "../expr/expr.js";
import type { Decision } from "../features/automatic.js";
import type { Answer, Block, FittedFeature } from "../features/contract.js";
import { blocksOf, fitFeatures } from "../features/fit.js";
import { type LeakWarning, leakWarnings } from "../features/leak.js";
import { answer, type StatisticsOptions } from "../features/statistics.js";
import type { Learner } from "../learners/contract.js";
import { codingsOf, refuseNotFinite } from "../rows/coding.js";
import { type NumberCoding, runsOfRows, scansOf } from "../rows/dataset.js";
import { type Footers, noFooters, readFooters } from "../rows/footers.js";
import type { Workspace } from "../workspace/workspace.js";
import type { Frame } from "./frame.js";

/** Features fitted to the training rows, and how their numbers stand in a page. */
export interface Prepared {
  readonly decisions: readonly Decision[];
  readonly fitted: readonly FittedFeature[];
  readonly codings: readonly NumberCoding[];
}

/** One round of fused questions to the training rows. `codes` are whole numbers that are categories, `footers` are what the files' own footers answered of them. */
export async function prepare(
  frame: Frame,
  learner: Learner,
  params: Resolved,
  codes: readonly string[],
  trustFooters: boolean,
): Promise<Prepared & { readonly footers: Footers }> {
  const { sheet, census } = frame;
  const { run, data, scan, known } = sheet;
  const { spec, workspace } = run;
  run.events.stage?.("preparing features");
  const statistics = statisticsOf(frame);
  // One pass over the rows is all that such a learner needs: nothing else shall cost one.
  const once = learner.needs.pages === "dense" && learner.needs.passes === "one";
  const footers =
    trustFooters && once && spec.features === undefined && census.train === census.read
      ? await readFooters(workspace.engine, scan, census.read)
      : noFooters;
  const hashed = learner.needs.pages === "hashed";
  const prepared = await known(
    `features${footers.columns.length > 0 ? " by footers" : ""}, missing ${missingIn(learner)}${hashed ? ", hashed" : ""}${codesIn(codes)}`,
    () => fittedTo(frame, learner, codes, statistics, footers),
  );
  const blocks = blocksOf(prepared.fitted);
  refuseHashed(blocks, learner);
  refuseSmallBudget(workspace, learner, blocks, params);
  await data.unchanged();
  return { ...prepared, footers };
}

const statisticsOf = ({ sheet: { run }, training, census }: Frame): StatisticsOptions => ({
  engine: run.workspace.engine,
  relation: training,
  seed: subSeed(run.seed, "statistics"),
  rowsTotal: census.train,
  ...(run.workspace.signal ? { signal: run.workspace.signal } : {}),
});

async function fittedTo(
  { sheet, base, usable, census }: Frame,
  learner: Learner,
  codes: readonly string[],
  statistics: StatisticsOptions,
  footers: Footers,
): Promise<Prepared> {
  const { run, data, schema, requested } = sheet;
  const { engine } = run.workspace;
  const hashed = learner.needs.pages === "hashed";
  const known = new Map<string, Answer>(footers.answers);
  const fit = await fitFeatures({
    missing: missingIn(learner),
    hashed,
    ...statistics,
    known,
    schema,
    usable,
    sourceRows: census.read,
    drop: run.spec.drop ?? [],
    codes,
    ...(requested ? { requested } : {}),
  }).catch(async (error: unknown) => {
    // A statistic knows the column; the value and its row count for more.
    const reals = schema.columns.filter(({ name, type }) => type.kind === "real" && usable.includes(name));
    if (isError(error, "not_finite"))
      await refuseNotFinite(
        reals.map(({ name }) => ({ name, expr: { kind: "col", name } })),
        sourceName(data),
        engine,
        base,
      );
    throw error;
  });
  const codings = await codingsOf(
    hashed ? [] : fit.blocks,
    (questions) => answer(questions, { ...statistics, known }),
    sourceName(data),
    engine,
    base,
  );
  const uncoded = hashed ? fit.blocks.filter(({ kind }) => kind === "number") : [];
  return {
    decisions: fit.decisions,
    fitted: fit.fitted,
    codings: [...codings, ...uncoded.map(() => ({ shift: 0, exponent: 0 }))],
  };
}

/** Columns that tell the label almost alone: of many rows, on a sample of them. */
export function leaksIn(
  frame: Frame,
  { needs }: Learner,
  { fitted, decisions }: Prepared,
  codes: readonly string[],
): Promise<readonly LeakWarning[]> {
  const { sheet, taking, found, census, trainingOf } = frame;
  const { run, scan, schema, roles, known } = sheet;
  const { engine } = run.workspace;
  const dense = needs.pages === "dense";
  // A time that is a number stands on no scale that dates could be compared on.
  const { kind = "" } = schema.columns.find(({ name }) => name === roles.time)?.type ?? {};
  const clock = ["date", "timestamp"].includes(kind) ? roles.time : undefined;
  const sampled = census.train > 500_000 && !taking;
  return known(`leaks${dense ? " and codes" : ""}${codesIn(codes)}`, () =>
    leakWarnings({
      ...statisticsOf(frame),
      label: found.numeric,
      task: found.task,
      schema,
      columns: inputsOf(schema, fitted).columns.map(({ name }) => name),
      allowed: run.spec.allowLeak ?? [],
      ...(dense ? { numbers: decisions.filter(({ use }) => use === "number").map(({ column }) => column) } : {}),
      ...(sampled
        ? { sample: scansOf(engine, scan, runsOfRows(census.rowsPerFile, 12, 2048, run.seed)).map(trainingOf) }
        : {}),
      ...(clock === undefined ? {} : { time: clock }),
    }),
  );
}

const codesIn = (codes: readonly string[]): string => (codes.length > 0 ? `, codes ${canonical(codes)}` : "");
const missingIn = ({ needs }: Learner) => (needs.pages === "dense" ? "filled" : "kept");

export const inputsOf = (schema: Schema, fitted: readonly FittedFeature[]): Schema => {
  const read = new Set<string>();
  for (const { inputs } of fitted) for (const input of inputs) columnsOf(input, read);
  return { columns: schema.columns.filter(({ name }) => read.has(name)) };
};

function refuseHashed(blocks: readonly Block[], { name, needs }: Learner): void {
  const text = blocks.find(({ kind }) => kind === "text");
  if (text && needs.pages !== "hashed")
    throw new SluiceError(
      "usage",
      `${name} gives no weights to the words of "${text.name}"; choose --learner sparseLogistic (classes) or sparseLinear (numbers), which are linear models over words`,
      { learner: name, feature: text.name },
    );
  const hashed = blocks.find(({ kind }) => kind === "hashed");
  if (hashed && needs.pages !== "hashed")
    throw new SluiceError(
      "usage",
      `hashed(${hashed.name}) has no levels that ${name} could give weights to; choose --learner sparseLogistic or sparseLinear, or write hash(${hashed.name}, 1024)`,
      { learner: name, feature: hashed.name },
    );
}

/** What a learner must hold whatever the rows, on each worker and here. */
function refuseSmallBudget(
  { plan, budgetBytes, keeperBytes }: Workspace,
  learner: Learner,
  blocks: readonly Block[],
  params: Resolved,
): void {
  const least = (learner.holds?.(blocks, params as never) ?? 0) * (plan.threads + 1);
  if (least > keeperBytes)
    throw new BudgetTooSmallError(
      budgetBytes,
      budgetBytes - keeperBytes + least,
      `${learner.name} on ${blocks.length} features`,
    );
}
