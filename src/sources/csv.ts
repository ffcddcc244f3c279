import { SluiceError, UnknownColumnError } from "../base/errors.js";
import { bool, type Column, date, int64, real, type Type, text, timestamp } from "../base/schema.js";
import { compressionOf } from "./csv/bytes.js";
import { columnNames, findTypes, hasHeader } from "./csv/columns.js";
import { commonWidth, type Form, findForm, parse } from "./csv/dialect.js";
import { type Sample, sample } from "./csv/sample.js";
import type { SourceOptions } from "./options.js";
import { partitionColumns } from "./partitions.js";
import type { Partition } from "./paths.js";
import type { CsvDialect, SourceFile, TextScan } from "./scan.js";

/** A scan of CSV files: the form, the columns and their types are found out from blocks across the files. */
export async function csv(
  files: readonly SourceFile[],
  options: SourceOptions,
  partitions: readonly Partition[] = [],
): Promise<TextScan> {
  const filled = files.filter((file) => file.bytes > 0);
  const first = filled[0];
  if (!first) throw emptySource(files);
  const given = options.csv ?? {};
  const head = await sampleOf(first, options);
  checkGiven(given);
  const form = findForm(head, given);
  const shape = shapeOf(first, head, form, options);
  const assumed = [...head.assumed, ...shape.assumed];

  const records = [...shape.data];
  for (const file of filled.slice(1)) {
    const other = await sampleOf(file, options, head.encoding);
    const its = shapeOf(file, other, form, { ...options, csv: { ...given, header: shape.header } });
    records.push(...aligned(first, shape.names, file, its));
  }
  const found = findTypes(shape.names, records, { ...given, delimiter: form.delimiter });
  const types = override(shape.names, found.types, options.types ?? {}, partitions);
  const dialect: CsvDialect = {
    ...form,
    header: shape.header,
    encoding: head.encoding,
    compression: head.compression,
    decimal: found.decimal,
    missing: found.missing,
    ...(found.dateFormat ? { dateFormat: found.dateFormat } : {}),
  };
  const columns: Column[] = shape.names.map((name, i) => ({ name, type: types[i]! }));
  return {
    format: "csv",
    files: filled,
    schema: { columns: [...columns, ...partitionColumns(partitions, columns)] },
    csv: dialect,
    seenMissing: found.seenMissing,
    mixed: found.mixed.filter(({ column }) => options.types?.[column] === undefined),
    ...(partitions.length > 0 ? { partitions } : {}),
    assumed: [...assumed, ...formSentences(form, given), ...found.assumed],
  };
}

const emptySource = (files: readonly SourceFile[]): SluiceError =>
  new SluiceError(
    "empty_source",
    `${files
      .map(({ path }) => path)
      .slice(0, 3)
      .join(", ")} ${files.length === 1 ? "is" : "are"} empty; a file with at least one row is needed`,
    {
      file: files[0]?.path,
    },
  );

async function sampleOf(
  file: SourceFile,
  options: SourceOptions,
  encoding = options.csv?.encoding,
): Promise<Sample & { compression: CsvDialect["compression"] }> {
  const compression = await compressionOf(file.path);
  const path = compression === "zstd" ? await unpacked(file, options) : file.path;
  return { ...(await sample(file, path, compression === "zstd" ? "none" : compression, encoding)), compression };
}

export async function unpacked(file: SourceFile, { probe, cacheDir }: SourceOptions): Promise<string> {
  if (!probe)
    throw new SluiceError(
      "unreadable_source",
      `${file.path} is packed with zstd, which needs an engine to unpack; unpack it first with "zstd -d"`,
      { file: file.path },
    );
  return probe.unpackZstd(file.path, cacheDir, file.fingerprint);
}

interface Shape {
  readonly names: readonly string[];
  readonly header: boolean;
  readonly data: readonly (readonly string[])[];
  readonly assumed: readonly string[];
}

function shapeOf(file: SourceFile, head: Sample, form: Form, options: SourceOptions): Shape {
  const { records } = parse(head, form, 2000);
  const [top] = records;
  if (!top) throw emptySource([file]);
  const header = options.csv?.header ?? (options.columns === undefined && hasHeader(records.slice(0, 500)));
  const data = header ? records.slice(1) : records;
  const common = commonWidth(data.length > 0 ? data : records).width;
  let width = Math.max(header ? top.length : 1, data.length > 0 ? common : 1);
  const emptyAt = (i: number): boolean =>
    (!header || (top[i] ?? "").trim() === "") &&
    data.every((record) => record.length !== common || (record[i] ?? "").trim() === "");
  const full = width;
  while (
    width > 1 &&
    width > (options.columns?.length ?? 0) &&
    data.length > 1 &&
    (header || options.columns !== undefined) &&
    emptyAt(width - 1)
  )
    width--;
  // A header with one name less than the rows have cells: R's write.table leaves the column of row names without one.
  const cells =
    header && top.length === common - 1 && width === common
      ? ["", ...top]
      : Array.from({ length: width }, (_, i) => (header ? (top[i] ?? "") : ""));
  if (options.columns && options.columns.length !== width)
    throw new SluiceError(
      "usage",
      `${options.columns.length} column names were given and ${file.path} has ${width} columns`,
      { columns: options.columns.length, width },
    );
  const names = columnNames(options.columns ?? cells);
  const assumed = [
    ...(header || options.columns
      ? []
      : [`no header line: the columns are named ${names[0]} to ${names.at(-1)} (--columns names them)`]),
    ...(full > width
      ? [`${full - width} empty column${full - width === 1 ? "" : "s"} at the end of each line left out`]
      : []),
    ...(form.skipLines > 0 && options.csv?.skipLines === undefined
      ? [`the first ${form.skipLines} line${form.skipLines === 1 ? "" : "s"} left out: not part of the table`]
      : []),
  ];
  return { names, header, data: data.filter((record) => record.length >= width), assumed };
}

/** A later file's sampled records in the order of the first file's columns; the names must agree. */
function aligned(
  first: SourceFile,
  names: readonly string[],
  file: SourceFile,
  its: Shape,
): readonly (readonly string[])[] {
  const order = names.map((name) => its.names.indexOf(name));
  const lacking = names.filter((_, i) => order[i] === -1);
  const extra = its.names.filter((name) => !names.includes(name));
  if (lacking.length > 0 || extra.length > 0)
    throw new SluiceError(
      "unreadable_source",
      `${file.path} and ${first.path} differ in their columns: ${[lacking.length > 0 ? `${file.path} lacks ${lacking.slice(0, 8).join(", ")}` : "", extra.length > 0 ? `it has ${extra.slice(0, 8).join(", ")} besides` : ""].filter(Boolean).join("; ")}. All files of one source need the same columns`,
      { file: file.path, lacking, extra },
    );
  return its.data.map((record) => order.map((i) => record[i] ?? ""));
}

const typeWords: Readonly<Record<string, Type>> = {
  bool,
  int64,
  int: int64,
  integer: int64,
  real,
  float: real,
  double: real,
  number: real,
  text,
  string: text,
  date,
  timestamp,
  "timestamp(utc)": { kind: "timestamp", utc: true },
};

export function override(
  names: readonly string[],
  found: readonly Type[],
  given: Readonly<Record<string, string>>,
  partitions: readonly Partition[],
): Type[] {
  const folders = partitions.map(({ name }) => name);
  for (const [name, word] of Object.entries(given)) {
    if (!names.includes(name) && !folders.includes(name)) throw new UnknownColumnError(name, [...names, ...folders]);
    if (!(word in typeWords))
      throw new SluiceError("usage", `"${word}" is not a type; there are ${Object.keys(typeWords).join(", ")}`, {
        value: word,
      });
  }
  return names.map((name, i) => typeWords[given[name] ?? ""] ?? found[i]!);
}

function checkGiven(given: NonNullable<SourceOptions["csv"]>): void {
  for (const name of ["delimiter", "quote", "escape", "comment"] as const) {
    const value = given[name];
    if (
      value !== undefined &&
      (value.length > 1 || value.charCodeAt(0) > 127 || (name === "delimiter" && value === ""))
    )
      throw new SluiceError(
        "usage",
        `${name} is ${JSON.stringify(value)}; it must be one ASCII character${name === "delimiter" ? "" : ", or empty for none"}`,
        { [name]: value },
      );
  }
}

const spoken: Readonly<Record<string, string>> = {
  ",": "a comma",
  ";": "a semicolon",
  "\t": "a tab",
  "|": "a bar",
  " ": "blanks",
};

function formSentences(form: Form, given: NonNullable<SourceOptions["csv"]>): string[] {
  return [
    ...(form.delimiter !== "," && given.delimiter === undefined
      ? [`columns are set apart by ${spoken[form.delimiter] ?? JSON.stringify(form.delimiter)}`]
      : []),
    ...(form.quote === "" && given.quote === undefined
      ? ["quotes are part of the text (--quote '\"' says otherwise)"]
      : []),
    ...(form.quote === "'" && given.quote === undefined ? ["cells are quoted with '"] : []),
    ...(form.escape !== form.quote && given.escape === undefined ? [`${form.escape} escapes a quote`] : []),
    ...(form.comment !== "" && given.comment === undefined
      ? [`lines that begin with ${form.comment} are comments`]
      : []),
    ...(form.trim && given.trim === undefined ? ["blanks around cells are cut"] : []),
  ];
}
