import { SluiceError } from "../base/errors.js";
import { formatBytes, formatCount, formatSeconds, parseShare } from "../base/units.js";
import { validateOf } from "../data/split.js";
import type { Task } from "../learners/contract.js";
import { figure } from "../metrics/figure.js";
import { className } from "../model/model.js";
import type { Insight } from "../predict/insight.js";
import { insightOfRun, writeReport } from "../report/write.js";
import { learnerBytesOf } from "../train/check.js";
import { withClassWeights } from "../train/class-weights.js";
import { type BegunRun, begunRun, refuseOther } from "../train/resume.js";
import type { TrainDetails, TrainSpec } from "../train/spec.js";
import { trainModel } from "../train/train.js";
import {
  type CommonFlags,
  type Context,
  dataOptionsOf,
  homeOf,
  openWorkspace,
  pairsOf,
  type SourceFlags,
  tellCluster,
  wholeNumber,
} from "./command.js";
import { progress } from "./progress.js";
import { foldsTable, metricsTable, outOfBagLine } from "./tables.js";

export interface LearningFlags extends CommonFlags, SourceFlags {
  readonly label: string;
  readonly task?: string;
  readonly positive?: string;
  readonly learner?: string;
  readonly features?: string;
  readonly drop?: string;
  readonly allowLeak?: string;
  readonly id?: string;
  readonly time?: string;
  readonly group?: string;
  readonly weight?: string;
  readonly classWeights?: string;
  readonly where?: string;
  readonly validate?: string;
  readonly folds?: string;
  readonly gap?: string;
  readonly together?: string;
  readonly calibrate?: string;
  readonly threshold?: string;
  readonly test?: readonly string[];
  readonly sums?: string;
  readonly sample?: string;
  readonly seed: string;
  readonly name?: string;
  readonly param?: readonly string[];
  readonly resume?: string;
}

const list = (text: string | undefined): string[] | undefined =>
  text
    ?.split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

export function specOf(sources: readonly string[], flags: LearningFlags): TrainSpec {
  const given = <K extends string, T>(name: K, value: T | undefined): { [P in K]?: T } =>
    value === undefined ? {} : ({ [name]: value } as { [P in K]: T });
  if (flags.task !== undefined && !["binary", "multiclass", "regression"].includes(flags.task))
    throw new SluiceError("usage", `--task ${flags.task}: it must be binary, multiclass or regression`, {
      value: flags.task,
    });
  return withClassWeights({
    sources,
    label: flags.label,
    ...dataOptionsOf(flags),
    ...given("task", flags.task as Task | undefined),
    ...given("positive", flags.positive),
    ...given("learner", flags.learner),
    ...given("params", flags.param && pairsOf("param", flags.param)),
    ...given("features", flags.features),
    ...given("drop", list(flags.drop)),
    ...given("allowLeak", list(flags.allowLeak)),
    ...given("id", flags.id),
    ...given("time", flags.time),
    ...given("group", flags.group),
    ...given("weight", flags.weight),
    ...given("classWeights", flags.classWeights as TrainSpec["classWeights"]),
    ...given("where", flags.where),
    ...(flags.validate === undefined ? {} : { validate: flags.validate }),
    ...given("folds", flags.folds),
    ...given("gap", flags.gap),
    ...given("together", flags.together as TrainSpec["together"]),
    ...given("calibrate", flags.calibrate),
    ...given("threshold", flags.threshold),
    ...given("test", flags.test),
    ...given("sums", flags.sums as TrainSpec["sums"]),
    ...given("sample", flags.sample === undefined ? undefined : parseShare(flags.sample)),
    seed: wholeNumber("seed", flags.seed)!,
    ...given("name", flags.name),
  });
}

export async function train(sources: readonly string[], flags: LearningFlags, context: Context): Promise<void> {
  const spec = specOf(sources, flags);
  if (flags.resume === undefined) return learn(spec, flags, context);
  const begun = begunRun(await homeOf(flags), flags.resume);
  refuseOther(begun, spec);
  await learn(begun.spec, flags, context, begun);
}

export async function resume(ref: string, flags: CommonFlags, context: Context): Promise<void> {
  const begun = begunRun(await homeOf(flags), ref);
  await learn(begun.spec, flags, context, begun);
}

async function learn(spec: TrainSpec, flags: CommonFlags, context: Context, resumed?: BegunRun): Promise<void> {
  await using workspace = await openWorkspace(flags, context.signal, {
    learnerBytes: learnerBytesOf(spec),
    sources: [...spec.sources, ...(spec.test ?? [])],
  });
  const bar = progress({
    stream: process.stderr,
    quiet: flags.quiet === true,
    json: flags.json === true,
    budgetBytes: workspace.budgetBytes,
  });
  workspace.engine.watch?.((underway) => bar.cluster(underway));
  if (resumed?.finished) bar.note(`run ${resumed.run} had finished before; its model stands and no work is done again`);
  let details: TrainDetails;
  let insight: Insight | undefined;
  const notes: string[] = [];
  try {
    details = await trainModel(
      spec,
      workspace,
      {
        stage: (name) => bar.stage(name),
        rows: ({ rows, of, pass }) => bar.update({ rows, ...(of > 0 ? { totalRows: of } : {}), pass }),
        unit: (name) => bar.unit(name),
      },
      resumed?.run,
    );
    bar.stage("looking at what matters");
    insight = await insightOfRun(
      details,
      workspace.home,
      (work) => work(workspace),
      (text) => notes.push(text),
    );
  } finally {
    bar.done();
  }
  const report = await writeReport(details, workspace.home, { insight });
  context.print(
    describe(details, { memory: `${formatBytes(workspace.budgetBytes)} (${workspace.budgetReason})`, report, spec }),
  );
  for (const note of notes) context.print(note);
  context.json({ ...details.result, ...(await tellCluster(workspace, context)) });
}

/** What a person reads after a training: what was assumed, what came out, what to type next. */
function describe(
  { result, model, decisions, assumed, quality, pages, threads }: TrainDetails,
  extra: { memory: string; report: string; spec: TrainSpec },
): string {
  const { rows } = result;
  const lines: string[] = [];
  const say = (text = ""): void => void lines.push(text);
  const [first] = result.warnings;
  const poor = first?.code === "worse_than_baseline" ? first : undefined;
  if (poor) say(`warning: ${poor.message}`);
  for (const sentence of assumed) say(`assumed: ${sentence}`);
  const share =
    model.task === "binary"
      ? `, positive class ${className(model.classes[1]!)}`
      : model.task === "multiclass"
        ? `, ${model.classes.length} classes`
        : "";
  say(`label     ${model.label.text}: ${model.task} (${String(model.about["why"])})${share}`);
  const counted = [
    [rows.train, "train"],
    [rows.validation, "validation"],
    [rows.test, "test"],
    [rows.setAside, "set aside"],
    [rows.unlabelled, "without a label"],
    [rows.filtered, "filtered"],
    [rows.sampledOut, "sampled out"],
  ] as const;
  say(
    `rows      ${formatCount(rows.read)} read = ${counted
      .filter(([count]) => count > 0)
      .map(([count, name]) => `${formatCount(count)} ${name}`)
      .join(" + ")}`,
  );
  if (model.about["cut"] !== undefined)
    say(`split     validation rows are those from ${String(model.about["cut"])} on`);
  else if (result.folds)
    say(`split     --folds ${extra.spec.folds}, seed ${extra.spec.seed ?? 7}; the model is fitted on all rows`);
  else say(`split     --validate ${validateOf(extra.spec)}, seed ${extra.spec.seed ?? 7}`);
  say(
    `memory    ${extra.memory}, peak ${formatBytes(result.peakRssBytes)}; ${threads} thread${threads === 1 ? "" : "s"}`,
  );
  say(
    `learner   ${result.learner}; ${result.passes} passes, ${formatBytes(result.bytesRead)} read, ${formatSeconds(result.seconds)}; pages read ${pages.read}`,
  );
  if (result.sums)
    say(`sums      ${result.sums.where === "cluster" ? "on the cluster" : "on pages here"}: ${result.sums.why}`);
  if (result.choice)
    say(`chosen    ${result.choice.why}${result.choice.rows > 0 ? ` (${formatSeconds(result.choice.seconds)})` : ""}`);
  say();
  say("features");
  const width = Math.min(24, Math.max(...decisions.map(({ column }) => column.length)));
  for (const { column, type, use, reason } of decisions.slice(0, 40))
    say(`  ${column.padEnd(width)}  ${type.padEnd(10)}  ${use}: ${reason}`);
  if (decisions.length > 40) say(`  and ${decisions.length - 40} more columns (sluice show ${result.model})`);
  if (result.threshold)
    say(
      `threshold a row is positive above a probability of ${figure(result.threshold.probability)} (${result.threshold.goal})`,
    );
  if (result.folds) {
    say();
    const { k, by } = result.folds;
    const from = by === "time" ? "rows before it" : "others";
    say(
      `quality over ${k} folds by ${by === "random" ? "chance" : by}, each judged by a model that learned from the ${from}`,
    );
    say(foldsTable(result.folds));
  }
  for (const [on, { model: own, baseline, ...others }] of Object.entries(quality)) {
    say();
    say(`quality on ${on} rows (${formatCount(own.rows)})`);
    say(metricsTable(own, baseline, others));
  }
  if (result.outOfBag) {
    say();
    say(outOfBagLine(result.outOfBag));
  }
  if (result.warnings.length > 0) say();
  for (const warning of result.warnings) if (warning !== poor) say(`warning: ${warning.message}`);
  if (result.units.reused > 0)
    say(`resumed: ${result.units.reused} finished units reused, ${result.units.done} done now`);
  say();
  say(`model     ${result.model} (run ${result.run}, state ${result.stateHash.slice(0, 12)})`);
  say(`report    ${extra.report}`);
  say();
  say("next");
  say(`  sluice explain  ${result.model}`);
  say(`  sluice predict  ${result.model} NEW_ROWS.parquet --to scored.parquet`);
  say(`  sluice evaluate ${result.model} LABELLED_ROWS.parquet`);
  return lines.join("\n");
}
