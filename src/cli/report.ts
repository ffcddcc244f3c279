import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { SluiceError } from "../base/errors.js";
import { fromJson } from "../base/json.js";
import type { ReportComparison } from "../report/input.js";
import { type Home, runDir, writeWhole } from "../runs/home.js";
import type { TrainDetails, TrainSpec } from "../train/spec.js";
import { type CommonFlags, type Context, homeOf } from "./command.js";
import { loadModel } from "./evaluate.js";
import { detailsOf } from "./models.js";

const specOfRun = (home: Home, run: string): TrainSpec =>
  fromJson<{ spec: TrainSpec }>(readFileSync(join(runDir(home, run), "run.json"), "utf8")).spec;

/** The run's report in its folder; gives its path. */
export async function writeReport(
  details: TrainDetails,
  home: Home,
  options: { to?: string; comparisons?: readonly ReportComparison[] } = {},
): Promise<string> {
  const [{ renderReport }, { reportOf }] = await Promise.all([
    import("../report/index.js"),
    import("../report/from-run.js"),
  ]);
  const { run } = details.result;
  const file = options.to === undefined ? join(runDir(home, run), "report.html") : resolve(options.to);
  writeWhole(file, renderReport(reportOf(details, specOfRun(home, run), options.comparisons)));
  return file;
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
  const file = await writeReport(details, home, {
    ...(flags.to === undefined ? {} : { to: flags.to }),
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
