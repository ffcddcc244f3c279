import { SluiceError, UnknownColumnError } from "../base/errors.js";
import { bool, type Column, date, int64, type Reading, real, type Type, text, timestamp } from "../base/schema.js";
import { compressionOf, encodingNamed } from "./csv/bytes.js";
import { isNameAgain } from "./csv/cells.js";
import { columnNames, headerLines, isTimeName, isTypedBelow, joinedHeader } from "./csv/columns.js";
import { commonWidth, delimiterWords, type Form, findForm, hashRows, parse } from "./csv/dialect.js";
import { endsBlank, isRowNames, refuseDoubts } from "./csv/doubts.js";
import { ColumnGuess, decide, type GivenReading } from "./csv/guess.js";
import { mixedColumns } from "./csv/mixed.js";
import { guessRows, type Sample, sample } from "./csv/sample.js";
import { contradictions, sentences } from "./csv/tell.js";
import { isDateFormat } from "./csv/values.js";
import { asExpected } from "./expected.js";
import type { CsvOptions, SourceOptions } from "./options.js";
import { partitionColumns } from "./partitions.js";
import type { Partition } from "./paths.js";
import type { CsvDialect, SourceFile, TextScan } from "./scan.js";

/** A scan of CSV files: the form, the columns and their types are found out from blocks across the files. */
export async function csv(
  files: readonly SourceFile[],
  asked: SourceOptions,
  partitions: readonly Partition[] = [],
): Promise<TextScan> {
  const filled = files.filter((file) => file.bytes > 0);
  const first = filled[0];
  if (!first) throw emptySource(files);
  const given = checked(asked.csv ?? {});
  const options: SourceOptions = { ...asked, csv: given };
  const head = await sampleOf(first, options);
  const form = findForm(head, given);
  const shape = shapeOf(first, head, form, options);

  const reading = readingOf(given);
  const ruled = rulesOf(shape.names, options, partitions);
  const guesses = shape.names.map((name) => {
    const missing = ruled.get(name)?.read?.missing;
    return new ColumnGuess(missing ? { ...reading, missing } : reading);
  });
  const encodings = [head.encoding];
  let rowsGuess = guessRows(first, head, { compression: head.compression, found: shape.data.length });
  feed(guesses, shape.data, shape);
  for (const file of filled.slice(1)) {
    const other = await sampleOf(file, options);
    encodings.push(other.encoding);
    const its = shapeOf(file, other, form, {
      ...options,
      csv: { ...given, header: shape.lines > 0 },
    });
    rowsGuess += guessRows(file, other, { compression: other.compression, found: its.data.length });
    feed(guesses, options.columns ? its.data : aligned(first, shape.names, file, its), shape);
  }
  const decided = decide(shape.names, guesses, { ...reading, delimiter: form.delimiter });
  const columns = decided.map(({ column }) => {
    const rule = ruled.get(column.name);
    if (!rule) return column;
    if (!rule.read) return withReading(rule, readWhenGiven(column, rule.type, given));
    const expected = asExpected(rule, column);
    return withReading(expected, expected.read);
  });
  const differ = encodings.some((encoding) => encoding !== head.encoding);
  const dialect: CsvDialect = {
    ...form,
    header: shape.lines > 0,
    ...(shape.lines > 1 ? { headerLines: shape.lines } : {}),
    ...(options.columns && shape.lines > 0 ? { renamed: true } : {}),
    ...(form.comment !== "" && given.comment === undefined ? { commentFound: true } : {}),
    ...(shape.cells > shape.names.length ? { cells: shape.cells } : {}),
    ...(form.quote !== "" && (given.quote !== undefined || shape.loose) ? { loose: true } : {}),
    encoding: head.encoding,
    compression: head.compression,
  };
  const assumedOfForm = [
    ...(differ ? [] : head.assumed),
    ...encodingSentences(filled, encodings),
    ...shape.assumed,
    ...formSentences(form, given).slice(
      shape.cells === 1 && given.delimiter === undefined && form.delimiter !== "," ? 1 : 0,
    ),
  ];
  const found = decided.filter(({ column }) => !ruled.has(column.name));
  return {
    format: "csv",
    files: filled,
    schema: { columns: [...columns, ...partitionColumns(partitions, columns)] },
    csv: dialect,
    ...(differ ? { encodings } : {}),
    given: { ...reading, columns: [...ruled.keys()] },
    mixed: mixedColumns(found),
    rowsGuess: Math.round(rowsGuess),
    ...(partitions.length > 0 ? { partitions } : {}),
    assumed: [
      ...assumedOfForm,
      ...sentences(found, reading),
      ...contradictions(
        columns.filter(({ name }) => ruled.has(name)),
        decided,
      ),
    ],
    assumedOfForm,
  };
}

const readingOf = ({ decimal, thousands, missing, dateFormat }: CsvOptions): GivenReading => ({
  ...(decimal === undefined ? {} : { decimal }),
  ...(thousands === undefined ? {} : { thousands }),
  ...(missing === undefined ? {} : { missing }),
  ...(dateFormat === undefined ? {} : { dateFormat }),
});

/** Shows each column its cells; a header line that stands again among them is none of them. */
function feed(guesses: readonly ColumnGuess[], records: readonly (readonly string[])[], { header }: Shape): void {
  for (const record of records) {
    if (header && header.length > 1 && same(record, header)) continue;
    for (let i = 0; i < guesses.length; i++) guesses[i]!.add((record[i] ?? "").trim());
  }
}

const withReading = ({ name, type }: Column, read: Reading | undefined): Column => ({
  name,
  type,
  ...(read && Object.keys(read).length > 0 ? { read } : {}),
});

/** The spelling that was found, where the type that was given is of the same kind; else what was given for all columns. */
function readWhenGiven(found: Column, type: Type, given: CsvOptions): Reading {
  if (found.type.kind === type.kind || [isNumber, isTime].some((is) => is(found.type) && is(type)))
    return found.read ?? {};
  return { ...(found.read?.missing ? { missing: found.read.missing } : {}), ...flagged(type, given) };
}

const isNumber = ({ kind }: Type): boolean => kind === "int64" || kind === "real";
const isTime = ({ kind }: Type): boolean => kind === "date" || kind === "timestamp";

/** What flags say about the cells of a type. */
function flagged(type: Type, { decimal, thousands, dateFormat, missing }: CsvOptions): Reading {
  return {
    ...(missing ? { missing } : {}),
    ...(isNumber(type) && decimal === "," ? { decimal } : {}),
    ...(isNumber(type) && thousands ? { thousands } : {}),
    ...(isTime(type) && dateFormat
      ? dateFormat === "dmy" || dateFormat === "mdy" || dateFormat === "ymd"
        ? { dateOrder: dateFormat }
        : { dateFormat }
      : {}),
  };
}

const simple: ReadonlySet<string> = new Set(["bool", "int64", "real", "text", "date", "timestamp"]);

/** Columns whose type is not to be found out: a model knows it, or a user said it. A flag says more than a model. */
function rulesOf(
  names: readonly string[],
  { types = {}, expect = [], csv = {} }: SourceOptions,
  partitions: readonly Partition[],
): ReadonlyMap<string, Column> {
  const typed = override(
    names,
    names.map(() => text),
    types,
    partitions,
  );
  const rules = new Map<string, Column>();
  for (const { name, type, read } of expect)
    if (names.includes(name) && simple.has(type.kind))
      rules.set(name, { name, type, read: { ...read, ...flagged(type, csv) } });
  names.forEach((name, i) => {
    if (Object.hasOwn(types, name)) rules.set(name, { name, type: typed[i]! });
  });
  return rules;
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
): Promise<Sample & { compression: CsvDialect["compression"] }> {
  const { encoding } = options.csv ?? {};
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
  /** Lines of the header. */
  readonly lines: number;
  /** The header's cells, where it is one line. */
  readonly header?: readonly string[];
  /** Cells of most records, empty ones at the end included. */
  readonly cells: number;
  /** Quotes stand astray too often to be slips. */
  readonly loose: boolean;
  readonly data: readonly (readonly string[])[];
  readonly assumed: readonly string[];
}

function shapeOf(file: SourceFile, head: Sample, form: Form, options: SourceOptions): Shape {
  const parsed = parse(head, form, head.whole ? Number.POSITIVE_INFINITY : 2000);
  const { records, comments } = parsed;
  const [top] = records;
  if (!top) throw emptySource([file]);
  const lines = linesOfHeader(records, options);
  const header = lines > 0;
  const line = header ? joinedHeader(records.slice(0, lines)) : top;
  const data = records.slice(lines);
  // Where two tables stand one below the other, or many rows are harmed, the header says how wide the table is.
  const asHeader = header && data.filter((record) => record.length === line.length).length >= 0.1 * data.length;
  const common = asHeader && data.length > 0 ? line.length : commonWidth(data.length > 0 ? data : records).width;
  const loose = parsed.astray >= 3 && parsed.astray >= 0.02 * records.length;
  refuseDoubts({
    path: file.path,
    sample: head,
    form,
    options,
    parsed,
    lines,
    header: header ? line : [],
    data,
    width: common,
    loose,
  });
  const cells = data.length > 0 ? common : line.length;
  let width = cells;
  const emptyAt = (i: number): boolean =>
    (!header || (line[i] ?? "").trim() === "") &&
    data.every((record) => record.length !== common || (record[i] ?? "").trim() === "");
  while (
    width > 1 &&
    width > (options.columns?.length ?? 0) &&
    data.length > 1 &&
    (header || options.columns !== undefined) &&
    emptyAt(width - 1)
  )
    width--;
  // A header with one name less than the rows have cells: R's write.table leaves the column of row names without one.
  const short = header && line.length === common - 1 && data.length > 0;
  const rowNames = short && width === common && !endsBlank(data, common) && isRowNames(data, common);
  const named = rowNames ? ["", ...line] : Array.from({ length: width }, (_, i) => (header ? (line[i] ?? "") : ""));
  if (options.columns && options.columns.length !== width)
    throw new SluiceError(
      "usage",
      `${options.columns.length} column names were given and ${file.path} has ${width} columns`,
      { columns: options.columns.length, width },
    );
  const names = columnNames(options.columns ?? named);
  const again = header && lines === 1 && top.length > 1 ? data.filter((record) => same(record, top)).length : 0;
  // Some lines with a delimiter at their end among others without one are of the form; a single one is a slip.
  const longer = data.filter((record) => record.length === width + 1);
  const ended = longer.every((record) => record[width]!.trim() === "") ? longer.length : 0;
  return {
    names,
    lines,
    ...(lines === 1 ? { header: top } : {}),
    cells: cells === width && ended >= 0.2 * data.length && ended > 1 ? width + 1 : cells,
    loose,
    data: data.filter((record) => record.length >= width),
    assumed: shapeSentences({
      head,
      form,
      options,
      lines,
      names,
      again,
      comments,
      hashes: hashRows(parsed, form),
      loose,
      short: short && !options.columns ? (rowNames ? "row names" : "ended") : undefined,
      evident:
        isTypedBelow(
          line.map((name) => name.trim()),
          data.slice(0, 500),
        ) || line.some(isTimeName),
      left: cells - width,
    }),
  };
}

function shapeSentences({
  head,
  form,
  options,
  lines,
  names,
  again,
  comments,
  hashes,
  evident,
  loose,
  short,
  left,
}: {
  readonly head: Sample;
  readonly form: Form;
  readonly options: SourceOptions;
  readonly lines: number;
  readonly names: readonly string[];
  readonly again: number;
  readonly comments: readonly string[];
  readonly hashes: number;
  /** Numbers or dates stand under the names. */
  readonly evident: boolean;
  readonly loose: boolean;
  /** The header has a name less than rows have cells: for the column of row names, or for the delimiter that ends each row. */
  readonly short: "row names" | "ended" | undefined;
  readonly left: number;
}): string[] {
  const given = options.csv ?? {};
  const out: string[] = [];
  if (lines === 0 && !options.columns)
    out.push(
      `no header line: the columns are named ${names[0]} to ${names.at(-1)} (--header takes the first line for one, --columns names them)`,
    );
  if (lines === 1 && !options.columns && given.header === undefined && !evident)
    out.push("caution: the first line is taken for a header; all columns are text, so it could be a row (--no-header)");
  if (lines > 0 && options.columns && given.header === undefined)
    out.push("the first line is a header: the names that were given replace it (--no-header reads it as a row)");
  if (lines > 1)
    out.push(
      `the header has ${lines} lines, joined to names like "${names.find((name) => name.includes(" ")) ?? names[0]}" (--skip-lines ${form.skipLines + lines - 1} takes the last one alone)`,
    );
  if (short)
    out.push(
      `caution: the header has a name less than rows have cells; ${short === "ended" ? "the last cell of each row is empty, so names are given from the first column on" : `the first column is taken for row names and is called ${names[0]}`} (--columns names all)`,
    );
  if (again > 0)
    out.push(
      `the header line stands ${again === 1 ? "once more" : `${again} times more`} among the rows and is set aside there`,
    );
  if (left > 0) out.push(`${left} empty column${left === 1 ? "" : "s"} at the end of each line left out`);
  if (form.skipLines > 0 && given.skipLines === undefined) {
    const one = form.skipLines === 1;
    out.push(
      `the first ${one ? "line" : `${form.skipLines} lines`} left out: not part of the table (--skip-lines 0 reads ${one ? "it" : "them"})`,
    );
  }
  if (comments.length > 0 && given.comment === undefined)
    out.push(
      `lines that begin with ${form.comment} are comments${head.whole ? ` (${comments.length})` : ""} and left out (--comment none reads them as rows)`,
    );
  if (loose && given.quote === undefined && form.quote !== "")
    out.push(`quotes (${form.quote}) inside cells or before text are part of the text`);
  if (hashes > 0 && given.comment === undefined)
    out.push(
      `lines that begin with # have the cells of a row and are rows${head.whole ? ` (${hashes})` : ""} (--comment # leaves them out)`,
    );
  return out;
}

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((cell, i) => isNameAgain(cell, b[i]!, i));

/** What was said counts; names that were given replace a header where the first line is one beyond doubt. */
function linesOfHeader(records: readonly (readonly string[])[], { csv: given = {}, columns }: SourceOptions): number {
  if (given.header === false) return 0;
  if (given.header === true) return Math.max(1, headerLines(records));
  const lines = headerLines(records);
  if (columns === undefined || lines === 0) return lines;
  const line = joinedHeader(records.slice(0, lines)).map((name) => name.trim());
  return line.some((name) => columns.includes(name)) || isTypedBelow(line, records.slice(lines, 500)) ? lines : 0;
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
    if (!Object.hasOwn(typeWords, word))
      throw new SluiceError("usage", `"${word}" is not a type; there are ${Object.keys(typeWords).join(", ")}`, {
        value: word,
      });
  }
  return names.map((name, i) => (Object.hasOwn(given, name) ? typeWords[given[name]!]! : found[i]!));
}

/** What was given, by the names that hold from here on. */
function checked(given: CsvOptions): CsvOptions {
  for (const name of ["delimiter", "quote", "escape", "comment"] as const) {
    const value = given[name];
    if (value !== undefined && (value.length > 1 || value.charCodeAt(0) > 127))
      throw new SluiceError(
        "usage",
        `${name} is ${JSON.stringify(value)}; it must be one ASCII character, or empty for none`,
        { [name]: value },
      );
  }
  const { decimal, thousands, dateFormat, encoding, skipLines } = given;
  const refuse = (message: string, value: unknown): never => {
    throw new SluiceError("usage", message, { value });
  };
  if (decimal !== undefined && decimal !== "." && decimal !== ",")
    refuse(`--decimal ${decimal}: it must be . or ,`, decimal);
  if (thousands !== undefined && !["", ",", ".", " ", "'"].includes(thousands))
    refuse(`--thousands ${thousands}: it must be one of , . ' space none`, thousands);
  if (thousands && thousands === (decimal ?? "none"))
    refuse(`--decimal and --thousands are both ${thousands}; they must differ`, decimal);
  if (dateFormat !== undefined && !isDateFormat(dateFormat))
    refuse(
      `--date-format ${dateFormat}: write dmy, mdy or ymd, or a format of year, month and day like %d.%m.%Y (%Y or %y, %m or %b, %d)`,
      dateFormat,
    );
  if (skipLines !== undefined && !(Number.isInteger(skipLines) && skipLines >= 0))
    refuse(`--skip-lines ${skipLines}: it must be a whole number`, skipLines);
  return { ...given, ...(encoding === undefined ? {} : { encoding: encodingNamed(encoding) }) };
}

function encodingSentences(files: readonly SourceFile[], encodings: readonly string[]): string[] {
  if (encodings.every((encoding) => encoding === encodings[0])) return [];
  const kinds = [...new Set(encodings)].map((encoding) => {
    const of = files.filter((_, i) => encodings[i] === encoding).map(({ path }) => path);
    return `${of.slice(0, 3).join(", ")}${of.length > 3 ? ` and ${of.length - 3} more` : ""} as ${encoding}`;
  });
  return [`each file is read by its own encoding: ${kinds.join("; ")} (--encoding names one for all)`];
}

function formSentences(form: Form, given: NonNullable<SourceOptions["csv"]>): string[] {
  return [
    ...(form.delimiter !== "," && given.delimiter === undefined
      ? [`columns are set apart by ${delimiterWords[form.delimiter] ?? JSON.stringify(form.delimiter)}`]
      : []),
    ...(form.quote === "" && given.quote === undefined
      ? ["quotes are part of the text (--quoting '\"' says otherwise)"]
      : []),
    ...(form.quote === "'" && given.quote === undefined ? ["cells are quoted with '"] : []),
    ...(form.escape !== form.quote && given.escape === undefined
      ? [
          form.escape === ""
            ? `quotes in cells are not doubled: ${form.quote} closes a cell only before a delimiter or a line's end (--escape '${form.quote}' says otherwise)`
            : `${form.escape} escapes a quote (--escape says otherwise)`,
        ]
      : []),
    ...(form.trim && given.trim === undefined ? ["blanks around cells are cut"] : []),
  ];
}
