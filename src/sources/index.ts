import { SluiceError } from "../base/errors.js";
import { arrow } from "./arrow.js";
import { csv } from "./csv.js";
import { databaseFile, mapSome, sourceFiles } from "./files.js";
import { checkText, formatOf } from "./format.js";
import { jsonl } from "./jsonl.js";
import { libsvm } from "./libsvm.js";
import { type Format, formats, type SourceOptions } from "./options.js";
import { parquet } from "./parquet.js";
import { expand, isPipe, type Partition } from "./paths.js";
import type { Scan, SourceFile } from "./scan.js";
import { isSparkSpec, spark } from "./spark.js";
import { pipe, stdin } from "./stdin.js";
import { table, tableSpec } from "./table.js";

const readers: {
  readonly [F in Exclude<Format, "table">]: (
    files: readonly SourceFile[],
    options: SourceOptions,
    partitions: readonly Partition[],
  ) => Promise<Scan>;
} = {
  parquet,
  csv,
  jsonl,
  libsvm,
  arrow,
};

/**
 * Opens what a user named: files, globs, folders with `name=value` parts, `file.duckdb:table`, or `-` for standard input.
 * The form is found out and said; no row is kept.
 */
export async function openSource(spec: string | readonly string[], options: SourceOptions): Promise<Scan> {
  const specs = typeof spec === "string" ? [spec] : spec;
  const [first] = specs;
  if (first === undefined)
    throw new SluiceError(
      "usage",
      "no source was named; name a file, a folder, a pattern like 'rides/*.csv', or - for standard input",
    );
  if (options.format !== undefined && !formats.includes(options.format))
    throw new SluiceError("usage", `"${options.format}" is not a format; there are ${formats.join(", ")}`, {
      format: options.format,
    });
  if (specs.some(isSparkSpec)) return spark(specs, options);
  if (specs.length === 1) {
    const named = tableSpec(first);
    if (named) return table(await databaseFile(named.file), named.table, options);
  }
  if (specs.length === 1 && (await isPipe(first))) return openFiles([await pipe(first, options)], [], first, options);
  if (specs.includes("-") && specs.length > 1)
    throw new SluiceError("usage", "standard input (-) cannot be joined with files; write it to a file first");
  if (first === "-") return openFiles([await stdin(options)], [], first, options);
  const { files: paths, partitions } = await expand(specs);
  return openFiles(await sourceFiles(paths), partitions, first, options);
}

async function openFiles(
  files: readonly SourceFile[],
  partitions: readonly Partition[],
  spec: string,
  options: SourceOptions,
): Promise<Scan> {
  if (files.every(({ bytes }) => bytes === 0))
    throw new SluiceError(
      "empty_source",
      `${files
        .map(({ path }) => path)
        .slice(0, 3)
        .join(", ")} ${files.length === 1 ? "is" : "are"} empty; at least one row is needed`,
      { file: files[0]?.path },
    );
  const format = options.format ?? (await commonFormat(files));
  if (format === "table")
    throw new SluiceError("usage", `a table is named with its file, like rides.duckdb:trips`, { spec });
  if (options.format !== undefined && format !== "parquet" && format !== "arrow")
    await mapSome(files, ({ path }) => checkText(path));
  const kept = files.map((file, i) => ({ file, i })).filter(({ file }) => file.bytes > 0);
  return readers[format](
    kept.map(({ file }) => file),
    options,
    partitions.map(({ name, values }) => ({ name, values: kept.map(({ i }) => values[i] ?? null) })),
  );
}

async function commonFormat(files: readonly SourceFile[]): Promise<Format> {
  let first: { format: Format; path: string } | undefined;
  const filled = files.filter(({ bytes }) => bytes > 0);
  const found = await mapSome(filled, ({ path }) => formatOf(path));
  for (const [i, { path }] of filled.entries()) {
    const format = found[i]!;
    first ??= { format, path };
    if (format !== first.format)
      throw new SluiceError(
        "unreadable_source",
        `${path} is ${format} and ${first.path} is ${first.format}; all files of one source need one form (--format says which)`,
        { file: path },
      );
  }
  return first!.format;
}

export { checkUnchanged, sourceFile } from "./files.js";
export type { CsvOptions, Format, Probe, ProbedSchema, SourceOptions } from "./options.js";
export { formats } from "./options.js";
export { rows } from "./rows.js";
export { stdin } from "./stdin.js";
export { arrow, csv, jsonl, libsvm, parquet, table };
