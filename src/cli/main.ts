import { Command, CommanderError } from "commander";
import { SluiceError } from "../base/errors.js";
import { keepPrivate } from "../base/private-files.js";
import {
  type CommonFlags,
  fail,
  run,
  type SourceFlags,
  withCommon,
  withEngine,
  withEngines,
  withLearning,
  withSource,
} from "./command.js";

const gather = (value: string, earlier: readonly string[] = []): string[] => [...earlier, value];

/** The command line: flags are read here, and what a command needs is loaded when it runs, so that --help stays fast. */
export async function main(args: readonly string[]): Promise<void> {
  keepPrivate();
  // A reader that went away (| head) is not an error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => void (error.code === "EPIPE" && process.exit(0)));
  const program = new Command("sluice")
    .description("Machine learning on data bigger than memory.")
    .version("0.1.0")
    .showSuggestionAfterError()
    .addHelpText(
      "after",
      `
Start with:
  sluice plan  flights.parquet --label "delay > 15"
  sluice train flights.parquet --label "delay > 15" --memory 512MB --name late

A source is a file, several, a 'glob*', a folder, file.duckdb:table, or - for standard input.
Exit codes: 0 done, 1 environment, 2 usage, 3 data, 4 budget too small, 70 our bug, 130 and 143 interrupted.`,
    )
    .exitOverride()
    .configureOutput({ writeErr: () => {} });

  const command = (usage: string, description: string): Command =>
    withCommon(program.command(usage).description(description))
      .exitOverride()
      .configureOutput({ writeErr: () => {} });

  withLearning(command("train <sources...>", "learn a model from a source, judge it, keep it"))
    .option("--resume <run>", "go on with this run, if all that is given is what it was begun with")
    .action((sources: string[], flags) =>
      run(flags, async (context) => (await import("./train.js")).train(sources, flags, context)),
    );
  withLearning(command("plan <sources...>", "what a training would read, take and cost, before it runs")).action(
    (sources: string[], flags) =>
      run(flags, async (context) => (await import("./plan.js")).plan(sources, flags, context)),
  );
  withLearning(
    command("scale <sources...>", "how a training scales: the same on several sizes of machine (--threads 1,2 here)"),
    withEngines,
  ).action((sources: string[], flags) =>
    run(flags, async (context) => (await import("./scale.js")).scale(sources, flags, context)),
  );
  withEngine(command("resume <run>", "go on with an interrupted run; at most one unit of work is done again")).action(
    (ref: string, flags) => run(flags, async (context) => (await import("./train.js")).resume(ref, flags, context)),
  );
  withSource(command("evaluate <model> <sources...>", "the quality of a model on labelled rows"))
    .option("--where <formula>", "only rows for which this is true")
    .action((model: string, sources: string[], flags) =>
      run(flags, async (context) => (await import("./evaluate.js")).evaluate(model, sources, flags, context)),
    );
  withSource(command("predict <model> <sources...>", "score rows: one row in, one row out, in order"))
    .requiredOption("--to <file>", "OUT.parquet, OUT.csv, OUT.jsonl, or - for standard output (CSV)")
    .option("--keep <columns>", "input columns to keep (default: all), separated by commas")
    .option("--overwrite", "replace the file if it exists")
    .action((model: string, sources: string[], flags) =>
      run(
        flags,
        async (context) => (await import("./predict.js")).predict(model, sources, flags, context),
        flags.to === "-" ? process.stderr : process.stdout,
      ),
    );
  withSource(command("explain <model> [source]", "what the model learned; with a source, what matters on its rows"))
    .option("--top <n>", "effects or features to show", "20")
    .option("--rows [n]", "what each feature adds to the output of the first n rows (10; all of them with --to)")
    .option("--partial <column>", "the mean prediction as this column goes through its values (repeatable)", gather)
    .option("--to <file>", "write what --rows shows to OUT.parquet, OUT.csv or OUT.jsonl")
    .option("--overwrite", "replace the file if it exists")
    .action((model: string, source: string | undefined, flags) =>
      run(flags, async (context) => (await import("./explain.js")).explain(model, source, flags, context)),
    );
  command("models", "all models, newest first").action((flags) =>
    run(flags, async (context) => (await import("./models.js")).models(flags, context)),
  );
  command("show <model>", "one model: what it reads, how it was trained, how good it is").action(
    (model: string, flags) => run(flags, async (context) => (await import("./models.js")).show(model, flags, context)),
  );
  command("compare <models...>", "models side by side: quality, rows, time, bytes, memory").action(
    (refs: string[], flags) =>
      run(flags, async (context) => (await import("./models.js")).compare(refs, flags, context)),
  );
  command("report <model>", "write the model's HTML report (one file, no network)")
    .option("--to <file>", "where (default: the run's folder)")
    .option("--open", "open it in the browser")
    .option("--against <model>", "another model to set beside it (repeatable)", gather)
    .action((model: string, flags) =>
      run(flags, async (context) => (await import("./report.js")).report(model, flags, context)),
    );
  withSource(command("profile <sources...>", "what is in a source: types, missing values, ranges, frequent values"))
    .option("--exact", "exact quantiles and frequent values (more passes)")
    .option("--seed <n>", "of the sample", "7")
    .option("--sample-rows <n>", "size of the sample for quantiles and frequent values", "100000")
    .action((sources: string[], flags) =>
      run(flags, async (context) => (await import("./profile.js")).profile(sources, flags, context)),
    );
  withEngine(command("sql <query>", "run a query; files are tables: SELECT * FROM 'rides.parquet'"))
    .option("--limit <n>", "rows to print", "1000")
    .action((query: string, flags) =>
      run(flags, async (context) => (await import("./sql.js")).sql(query, flags, context)),
    );
  command("learners [name]", "what can learn, by task; one learner's parameters, their defaults and ranges").action(
    (name: string | undefined, flags) =>
      run(flags, async (context) => (await import("./learners.js")).learners(name, flags, context)),
  );
  command("cache", "what the page cache holds")
    .option("--clear", "empty it")
    .option("--limit <size>", "remove the least recently used entries above this size")
    .action((flags) => run(flags, async (context) => (await import("./cache.js")).cache(flags, context)));

  try {
    await program.parseAsync(args as string[], { from: "user" });
  } catch (error) {
    const flags = { json: args.includes("--json") };
    if (error instanceof CommanderError) {
      if (error.exitCode === 0 || error.code === "commander.help") {
        process.exitCode = error.exitCode === 0 ? 0 : 2;
        if (error.code === "commander.help" && error.exitCode !== 0) process.stderr.write(program.helpInformation());
        return;
      }
      process.exitCode = fail(
        new SluiceError("usage", `${error.message.replace(/^error: /, "").trim()} (sluice --help)`, {}),
        flags,
      );
      return;
    }
    process.exitCode = fail(error, flags);
  }
}

export type { CommonFlags, SourceFlags };
