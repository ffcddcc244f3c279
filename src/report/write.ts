import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { SluiceError } from "../base/errors.js";
import { fromJson, toJson } from "../base/json.js";
import { asUsual } from "../base/private-files.js";
import type { Insight } from "../predict/insight.js";
import { type Home, runDir, writeWhole } from "../runs/home.js";
import { detailsOf, loadKept } from "../train/kept.js";
import { type RunFile, specFrom } from "../train/run-file.js";
import type { TrainDetails } from "../train/spec.js";
import type { Workspace } from "../workspace/workspace.js";
import type { ReportComparison } from "./input.js";

const runFile = (home: Home, run: string): RunFile =>
  fromJson<RunFile>(readFileSync(join(runDir(home, run), "run.json"), "utf8"));

/** What the run of a model was begun on. */
export const sourcesOf = (home: Home, { result }: TrainDetails): readonly string[] =>
  runFile(home, result.run).spec.sources;

/** A model's finished run, which its report is made from. */
export function reportable(home: Home, model: string): TrainDetails {
  const { run, ref: name } = loadKept(home, model);
  const details = detailsOf(home, run);
  if (!details)
    throw new SluiceError(
      "missing_file",
      `the run of ${name} is not in ${home.root}, and a report is made from the run`,
      { model: name },
    );
  return details;
}

/** The run's report in its folder, or in the file `to`; gives its path. */
export async function writeReport(
  details: TrainDetails,
  home: Home,
  {
    to,
    against = [],
    insight,
  }: { to?: string | undefined; against?: readonly TrainDetails[]; insight?: Insight | undefined } = {},
): Promise<string> {
  const [{ renderReport }, { reportOf }] = await Promise.all([import("./index.js"), import("./from-run.js")]);
  const { run } = details.result;
  const file = to === undefined ? join(runDir(home, run), "report.html") : resolve(to);
  const comparisons = against.length > 0 ? [comparison([details, ...against])] : [];
  writeWhole(file, renderReport(reportOf(details, runFile(home, run).spec, { comparisons, insight })));
  if (to !== undefined) asUsual(file);
  return file;
}

/**
 * What matters on the rows that judged a model: found out once, and kept in the run's folder. A report can do without, so what goes
 * wrong is only noted.
 */
export async function insightOfRun(
  details: TrainDetails,
  home: Home,
  within: (work: (workspace: Workspace) => Promise<Insight | undefined>) => Promise<Insight | undefined>,
  note: (text: string) => void,
): Promise<Insight | undefined> {
  const { run, stateHash, rows } = details.result;
  if (rows.validation === 0 || !details.validation) return undefined;
  const file = join(runDir(home, run), "insight.json");
  if (existsSync(file)) {
    const kept = fromJson<{ stateHash: string; insight?: Insight }>(readFileSync(file, "utf8"));
    if (kept.stateHash === stateHash) return kept.insight;
  }
  return within(async (workspace) => {
    try {
      const { insightOf } = await import("../predict/insight.js");
      const insight = await insightOf(details, specFrom(runFile(home, run)), workspace);
      writeWhole(file, toJson({ stateHash, ...(insight ? { insight } : {}) }, 1));
      return insight;
    } catch (error) {
      if (workspace.signal?.aborted) throw error;
      note(`the report does not say what matters on validation rows: ${(error as Error).message}`);
      return undefined;
    }
  });
}

function comparison(all: readonly TrainDetails[]): ReportComparison {
  return {
    title: "Beside other models",
    paragraphs: ["The same label and rows, with other features or another learner."],
    rows: all.map(({ result, model, quality }) => ({
      name: `${result.model}: ${model.inputs.columns.map(({ name }) => name).join(", ")}`,
      values: Object.values(quality)[0]?.model.values ?? {},
    })),
  };
}
