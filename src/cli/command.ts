import { readFileSync } from "node:fs";
import { type Command, CommanderError, Option } from "commander";
import { CodedError, type ErrorCode, exitCodes, SluiceError } from "../base/errors.js";
import { outwardJson } from "../base/json.js";
import { formatBytes, formatCount, parseBytes } from "../base/units.js";
import type { Home } from "../runs/home.js";
import { isSparkSpec } from "../sources/spark.js";
import { visible } from "./visible.js";

/** Flags that every command takes. */
export interface CommonFlags {
  readonly home?: string;
  readonly cache?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly memory?: string;
  readonly threads?: string;
  readonly on?: string;
  readonly tokenFile?: string;
}

/** Flags that say how a source is read. */
export interface SourceFlags {
  readonly format?: string;
  readonly type?: readonly string[];
  readonly columns?: string;
  readonly delimiter?: string;
  readonly quoting?: string;
  readonly escape?: string;
  readonly header?: boolean;
  readonly skipLines?: string;
  readonly comment?: string;
  readonly encoding?: string;
  readonly decimal?: string;
  readonly thousands?: string;
  readonly dateFormat?: string;
  readonly missing?: readonly string[];
  readonly badRows?: string;
}

const gather = (value: string, earlier: readonly string[] = []): string[] => [...earlier, value];

export const withCommon = (command: Command): Command =>
  command
    .option("--home <dir>", "where runs and models live (default .sluice, or SLUICE_HOME)")
    .option("--cache <dir>", "where encoded pages and landed files live (default the OS cache folder, or SLUICE_CACHE)")
    .option(
      "--memory <size>",
      "memory for the whole process, e.g. 512MB (10^6) or 2GiB (2^30); default half of the machine's or container's",
    )
    .option("--threads <n>", "at most this many threads (default: the cores); a small budget may lower it")
    .option("--json", "print exactly one JSON object on standard output; progress goes to standard error as JSON lines")
    .option("--quiet", "no progress");

export const withEngine = (command: Command): Command =>
  command
    .option("--on <engine>", "duckdb (here), spark (the cluster in SPARK_REMOTE), or sc://host:15002/;name=value")
    .option("--token-file <file>", "the cluster's token (or SPARK_CONNECT_AUTHENTICATE_TOKEN)");

/** Several engines, or one that is varied. */
export const withEngines = (command: Command): Command =>
  command
    .option("--on <engine>", "a cluster to compare, spark or sc://host:15002/;name=value (repeatable)", gather)
    .option("--partitions <list>", "on one cluster: how many parts it cuts its work into, e.g. 1,2,4 (weaker evidence)")
    .option("--repeats <n>", "counted runs of each size, after one that is not", "3")
    .option("--token-file <file>", "the clusters' token (or SPARK_CONNECT_AUTHENTICATE_TOKEN)");

export const withSource = (command: Command, engine = withEngine): Command =>
  engine(command)
    .option("--format <form>", "parquet, csv, jsonl, libsvm, arrow or table, instead of finding out")
    .option("--type <column=type>", "read a column as bool, int64, real, text, date or timestamp (repeatable)", gather)
    .option("--columns <names>", "column names of a file without a header line, or in place of those in it, by commas")
    .option("--delimiter <text>", "of a CSV (\\t for tab), or none where each line is one cell")
    .option("--quoting <char>", "quote character of a CSV, or none")
    .option("--escape <char>", "what stands before a quote inside quotes: \\, the quote itself, or none")
    .option("--header", "the CSV's first line names its columns, whatever it looks like")
    .option("--no-header", "the CSV has no header line")
    .option("--skip-lines <n>", "lines above the table of a CSV")
    .option("--comment <char>", "lines of a CSV that begin with it are left out, or none")
    .option("--encoding <name>", "utf-8, latin-1, utf-16, windows-1251, shift_jis, ... (a wrong name lists all)")
    .option("--decimal <sign>", "the decimal sign of numbers in text: . or ,")
    .option("--thousands <sign>", "the sign between groups of three digits: , . ' space or none")
    .option("--date-format <format>", "dmy, mdy, ymd, or a format like %d.%m.%Y, where dates do not say it themselves")
    .option("--missing <text>", "a spelling of a missing cell (repeatable)", gather)
    .addOption(
      new Option("--bad-rows <what>", "rows that do not fit: stop, or keep them in a file and count them").choices([
        "stop",
        "keep-aside",
      ]),
    );

/** What `train` and the commands beside it take. */
export const withLearning = (own: Command, engine = withEngine): Command =>
  withSource(own, engine)
    .requiredOption("--label <formula>", "what to predict: a column, or a formula like 'delay > 15'")
    .option("--task <task>", "binary, multiclass or regression, instead of inferring it")
    .option("--positive <class>", "the class that counts as positive (default: the last in sort order)")
    .option("--learner <name>", "by name, e.g. logistic, linear, boosting (default: chosen on a sample, and told why)")
    .option("--features <list>", "stages and formulas, e.g. 'log(distance), onehot(origin)' (default: automatic)")
    .option("--drop <columns>", "columns that must not become features, separated by commas")
    .option("--allow-leak <columns>", "columns that the leak guard named and that are fine")
    .option("--id <column>", "identifies a row, instead of its place in its file")
    .option("--time <column>", "when a row happened")
    .option("--group <column>", "rows of one group stay together")
    .option("--weight <formula>", "how much a row counts: a column, or a formula like 'if(late, 5, 1)'")
    .option("--class-weights <how>", "balanced: all classes weigh the same in training, however rare they are")
    .option("--where <formula>", "only rows for which this is true")
    .option("--validate <how>", "random:0.2 (default), time:0.2, group:0.2 (default with --group) or none")
    .option(
      "--folds <how>",
      "5, group:5 or time:5: judge on every row by models that did not learn from it; the model itself is fitted on all rows",
    )
    .option("--gap <time>", "of folds by time: rows so little before those that judge are not learned from (7d, 12h)")
    .option("--together <what>", "duplicates: rows that are copies of each other stay on one side of the split")
    .option("--calibrate <how>", "isotonic or platt: fit probabilities of two classes on the validation rows")
    .option(
      "--threshold <goal>",
      "of two classes, from which probability on a row is positive: 0.3, best-f1, precision>=0.9, recall>=0.8 or top:1%",
    )
    .option("--test <source>", "another source to judge on (repeatable)", gather)
    .option("--sums <where>", "of linear and logistic on a cluster: pages (rows come here) or cluster (only sums do)")
    .option("--sample <share>", "a seeded share of the rows, e.g. 1%")
    .option("--seed <n>", "of splits, samples and shuffles", "7")
    .option("--name <name>", "the model's name; a name used twice makes name/2")
    .option("--param <name=value>", "a parameter of the learner (repeatable)", gather);

export function dataOptionsOf(flags: SourceFlags): import("../data/source.js").DataOptions {
  const types: Record<string, string> = {};
  for (const pair of flags.type ?? []) {
    const at = pair.lastIndexOf("=");
    if (at < 1)
      throw new SluiceError("usage", `--type ${pair}: write it as column=type, for example zip=text`, { value: pair });
    types[pair.slice(0, at)] = pair.slice(at + 1);
  }
  const csv = {
    ...(flags.delimiter === undefined ? {} : { delimiter: flags.delimiter === "\\t" ? "\t" : noneOr(flags.delimiter) }),
    ...(flags.quoting === undefined ? {} : { quote: noneOr(flags.quoting) }),
    ...(flags.escape === undefined ? {} : { escape: noneOr(flags.escape) }),
    ...(flags.header === undefined ? {} : { header: flags.header }),
    ...(flags.skipLines === undefined ? {} : { skipLines: wholeNumber("skip-lines", flags.skipLines)! }),
    ...(flags.comment === undefined ? {} : { comment: noneOr(flags.comment) }),
    ...(flags.encoding === undefined ? {} : { encoding: flags.encoding }),
    ...(flags.decimal === undefined ? {} : { decimal: flags.decimal as "," }),
    ...(flags.thousands === undefined
      ? {}
      : { thousands: (flags.thousands === "space" ? " " : noneOr(flags.thousands)) as "," }),
    ...(flags.dateFormat === undefined ? {} : { dateFormat: flags.dateFormat }),
    ...(flags.missing === undefined ? {} : { missing: flags.missing }),
  };
  return {
    ...(flags.format === undefined ? {} : { format: flags.format as "csv" }),
    ...(flags.columns === undefined ? {} : { columns: flags.columns.split(",").map((name) => name.trim()) }),
    ...(Object.keys(types).length > 0 ? { types } : {}),
    ...(Object.keys(csv).length > 0 ? { csv } : {}),
    ...(flags.badRows === undefined ? {} : { badRows: flags.badRows as "stop" }),
  };
}

const noneOr = (value: string): string => (value === "none" ? "" : value);

export function wholeNumber(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0)
    throw new SluiceError("usage", `--${flag} ${text}: it must be a whole number`, { value: text });
  return number;
}

export async function homeOf(flags: CommonFlags): Promise<Home> {
  const { homeAt } = await import("../runs/home.js");
  return homeAt({ home: flags.home, cache: flags.cache });
}

/** Where relations run: what --on says, else the cluster in SPARK_REMOTE when a source is on one, else here. */
export function engineOf(
  { on, tokenFile }: Pick<CommonFlags, "on" | "tokenFile">,
  sources: readonly string[],
): { address: string; token?: string } | undefined {
  const { SPARK_REMOTE: address, SPARK_CONNECT_AUTHENTICATE_TOKEN: fromEnvironment } = process.env;
  const named = on ?? (address && sources.some(isSparkSpec) ? "spark" : "duckdb");
  if (named === "duckdb") return undefined;
  if (named !== "spark" && !named.startsWith("sc://"))
    throw new SluiceError("usage", `--on ${named}: it must be duckdb, spark, or an address like sc://host:15002`, {
      value: named,
    });
  if (named === "spark" && !address)
    throw new SluiceError(
      "usage",
      'SPARK_REMOTE names no cluster; set it to sc://host:15002 ("npm run spark:up" starts one here), or give the address with --on',
      {},
    );
  const token = tokenFile === undefined ? fromEnvironment : readToken(tokenFile);
  return { address: named === "spark" ? address! : named, ...(token ? { token } : {}) };
}

function readToken(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new SluiceError(
      "missing_file",
      `--token-file ${file} cannot be read: ${(error as Error).message}`,
      { file },
      { cause: error },
    );
  }
}

export async function openWorkspace(
  flags: CommonFlags,
  signal?: AbortSignal,
  { learnerBytes = 0, sources = [] }: { learnerBytes?: number; sources?: readonly string[] } = {},
) {
  const { Workspace } = await import("../workspace/workspace.js");
  const on = engineOf(flags, sources);
  const threads = wholeNumber("threads", flags.threads);
  if (threads === 0) throw new SluiceError("usage", "--threads 0: it takes at least one", { value: "0" });
  return Workspace.open({
    ...(flags.memory === undefined ? {} : { memoryBytes: parseBytes(flags.memory) }),
    ...(threads === undefined ? {} : { threads }),
    learnerBytes,
    ...(on ? { on } : {}),
    home: await homeOf(flags),
    ...(signal ? { signal } : {}),
  });
}

/** What the cluster did, in words and for programs; nothing where DuckDB did the work. */
export async function tellCluster(
  { engine }: { readonly engine: import("../engines/contract.js").Engine },
  context: Context,
): Promise<{ cluster?: import("../engines/contract.js").Happened }> {
  const cluster = await engine.happened?.();
  if (!cluster) return {};
  const { operations, stages, tasks, inputBytes, detail } = cluster;
  const more = detail
    ? `; shuffled ${formatBytes(detail.shuffleWriteBytes)}, spilled ${formatBytes(detail.spilledBytes)}, garbage collection ${Math.round(100 * detail.gcShare)} %, longest task ${detail.skew.toFixed(1)} times the median`
    : "";
  context.print(
    `\ncluster   ${operations} operations, ${stages} stages, ${formatCount(tasks)} tasks, ${formatBytes(inputBytes)} read${more}`,
  );
  context.print(`          ${cluster.advice}`);
  return { cluster };
}

/** Splits "--param a=1" pairs. */
export function pairsOf(flag: string, pairs: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw new SluiceError("usage", `--${flag} ${pair}: write it as name=value`, { value: pair });
      return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    }),
  );
}

export interface Context {
  readonly signal: AbortSignal;
  readonly flags: CommonFlags;
  /** Text for people: on standard output, or nowhere with --json. */
  print(text: string): void;
  /** The one JSON object of --json. */
  json(value: unknown): void;
}

/**
 * Runs a command's work with signals, errors and exit codes as documented: 0 done, 1 environment, 2 usage, 3 data,
 * 4 budget too small, 70 our own bug, 130 and 143 interrupted.
 */
export async function run(
  flags: CommonFlags,
  work: (context: Context) => Promise<void>,
  jsonTo: NodeJS.WriteStream = process.stdout,
): Promise<void> {
  const controller = new AbortController();
  let exit = 0;
  const stop = (signal: "SIGINT" | "SIGTERM"): void => {
    exit = signal === "SIGINT" ? 130 : 143;
    const interrupted = new SluiceError("interrupted", `interrupted by ${signal}`, { signal });
    controller.abort(interrupted);
    // Whatever hangs after that does not hold the terminal. Exiting would wait for threads that hang (a pipe that nobody
    // writes to, a query that hears no interrupt); the signal itself, which nothing catches any more, does not.
    setTimeout(() => {
      fail(interrupted, flags, exit, jsonTo);
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    }, 1200).unref();
  };
  const onInt = (): void => stop("SIGINT");
  const onTerm = (): void => stop("SIGTERM");
  process.on("SIGINT", onInt);
  process.on("SIGTERM", onTerm);
  try {
    await work({
      signal: controller.signal,
      flags,
      print: (text) => void (flags.json || process.stdout.write(`${visible(text)}\n`)),
      json: (value) => void (flags.json && jsonTo.write(`${outwardJson(value)}\n`)),
    });
  } catch (error) {
    exit = fail(error, flags, exit, jsonTo);
  } finally {
    process.off("SIGINT", onInt);
    process.off("SIGTERM", onTerm);
  }
  process.exitCode = exit;
  // Worker threads and DuckDB are closed by now; what still holds the loop must not hold the user.
  if (exit === 130 || exit === 143) process.exit(exit);
}

export function fail(
  error: unknown,
  flags: { json?: boolean },
  exitSoFar = 0,
  jsonTo: NodeJS.WriteStream = process.stdout,
): number {
  const coded = error instanceof CodedError;
  const code = coded ? (error.code as ErrorCode) : systemCode(error);
  const exit = exitSoFar !== 0 ? exitSoFar : code === "internal" ? 70 : exitCodes[code];
  const message = error instanceof Error ? error.message : String(error);
  if (flags.json) {
    const facts = coded
      ? Object.fromEntries(Object.entries(error).filter(([name]) => name !== "name" && name !== "stack"))
      : {};
    jsonTo.write(`${outwardJson({ error: { ...facts, code, message } })}\n`);
  } else if (code === "internal") {
    process.stderr.write(
      `sluice: this is our own bug, not yours: ${error instanceof Error ? (error.stack ?? message) : message}\n`,
    );
  } else process.stderr.write(`sluice: ${visible(message, process.stderr)}\n`);
  return exit;
}

/** Errors of the operating system that reached us without words of ours. */
function systemCode(error: unknown): ErrorCode | "internal" {
  switch ((error as NodeJS.ErrnoException)?.code) {
    case "ENOSPC":
      return "disk_full";
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return "no_permission";
    case "ENOENT":
      return "missing_file";
    default:
      return "internal";
  }
}

export const isUsage = (error: unknown): error is CommanderError => error instanceof CommanderError;
