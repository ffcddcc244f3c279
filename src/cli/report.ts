import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { SluiceError } from "../base/errors.js";
import { fromJson, toJson } from "../base/json.js";
import { asUsual } from "../base/private-files.js";
import type { Insight } from "../predict/insight.js";
import type { ReportComparison } from "../report/input.js";
import { type Home, runDir, writeWhole } from "../runs/home.js";
import { type RunFile, specFrom } from "../train/run-file.js";
import type { TrainDetails } from "../train/spec.js";
import type { Workspace } from "../workspace/workspace.js";
import { type CommonFlags, type Context, homeOf, openWorkspace } from "./command.js";
import { loadModel } from "./evaluate.js";
import { detailsOf } from "./models.js";

const runFile = (home: Home, run: string): RunFile =>
  fromJson<RunFile>(readFileSync(join(runDir(home, run), "run.json"), "utf8"));

/** The run's report in its folder; gives its path. */
export async function writeReport(
  details: TrainDetails,
  home: Home,
  { to, ...more }: { to?: string; comparisons?: readonly ReportComparison[]; insight?: Insight | undefined } = {},
): Promise<string> {
  const [{ renderReport }, { reportOf }] = await Promise.all([
    import("../report/index.js"),
    import("../report/from-run.js"),
  ]);
  const { run } = details.result;
  const file = to === undefined ? join(runDir(home, run), "report.html") : resolve(to);
  writeWhole(file, renderReport(reportOf(details, runFile(home, run).spec, more)));
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

export async function report(
  ref: string,
  flags: CommonFlags & { to?: string; open?: boolean; against?: readonly string[] },
  context: Context,
): Promise<void> {
  const home = await homeOf(flags);
  const found = (one: string): TrainDetails => {
    const { run, ref: name } = loadModel(home, one);
    const details = detailsOf(home, run);
    if (!details)
      throw new SluiceError(
        "missing_file",
        `the run of ${name} is not in ${home.root}, and a report is made from the run`,
        { model: name },
      );
    return details;
  };
  const details = found(ref);
  const others = (flags.against ?? []).map(found);
  const { sources } = runFile(home, details.result.run).spec;
  const insight = await insightOfRun(
    details,
    home,
    async (work) => {
      await using workspace = await openWorkspace(flags, context.signal, { sources });
      return await work(workspace);
    },
    context.print,
  );
  const file = await writeReport(details, home, {
    ...(flags.to === undefined ? {} : { to: flags.to }),
    insight,
    ...(others.length > 0 ? { comparisons: [comparison([details, ...others])] } : {}),
  });
  context.print(file);
  if (flags.open) {
    const opener = process.platform === "darwin" ? "open" : process.platform === "win32" ? "explorer" : "xdg-open";
    spawn(opener, [file], { detached: true, stdio: "ignore" })
      .on("error", () => context.print(`no browser could be started; open the file yourself`))
      .unref();
  }
  context.json({ model: details.result.model, report: file });
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
