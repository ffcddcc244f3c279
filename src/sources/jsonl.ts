import { SluiceError } from "../base/errors.js";
import { bool, type Column, int64, real, type Schema, type Type, text, typeName } from "../base/schema.js";
import { type Compression, compressionOf, type Encoding, rawBlocks, transcoder, utf8Blocks } from "./csv/bytes.js";
import { sample } from "./csv/sample.js";
import { convertTo, toDate, toInt64, toTimestamp } from "./csv/values.js";
import { override, unpacked } from "./csv.js";
import { asExpected } from "./expected.js";
import { rowsInside } from "./json/document.js";
import { type Fields, JsonError, type JsonValue, Nested, nameOf, parseFields } from "./json/parse.js";
import { type JsonShape, jsonTexts, shapeOf } from "./json/split.js";
import { flatNames } from "./names.js";
import type { SourceOptions } from "./options.js";
import { partitionColumns } from "./partitions.js";
import type { Partition } from "./paths.js";
import { keepAside, type Problem, problemText, type Record } from "./records.js";
import type { JsonForm, SourceFile, TextScan } from "./scan.js";

const wholeBytes = 64 * 1024 * 1024;

/** A scan of JSON: one object a line, a list of objects, or one after the other; nested ones are flattened to `a.b`. */
export async function jsonl(
  files: readonly SourceFile[],
  options: SourceOptions,
  partitions: readonly Partition[] = [],
): Promise<TextScan> {
  const filled = files.filter((file) => file.bytes > 0);
  if (filled.length === 0)
    throw new SluiceError("empty_source", `${files[0]?.path} is empty; a file with at least one line is needed`, {
      file: files[0]?.path,
    });
  const seen: Seen = { kinds: new Map(), dates: new Map(), odd: new Map(), problem: undefined };
  const assumed: string[] = [];
  const forms: JsonForm["files"][number][] = [];
  let sampled = false;
  let rowsGuess = 0;
  let only: string | undefined;
  for (const file of filled) {
    const packed = await compressionOf(file.path);
    const path = packed === "zstd" ? await unpacked(file, options) : file.path;
    const compression = packed === "zstd" ? "none" : packed;
    const form = await formOf(path, compression, options.csv?.encoding);
    forms.push(form);
    const whole = file.bytes <= wholeBytes || form.shape !== "lines" || form.encoding !== "utf-8";
    sampled ||= !whole;
    let [records, length] = [0, 0];
    for await (const record of whole
      ? jsonTexts(utf8Blocks(path, { compression, encoding: form.encoding }), form.shape, file.path)
      : sampledLines(file, path, compression)) {
      records++;
      only = rowsGuess === 0 && records === 1 ? record : undefined;
      length += record.length + 1;
      notice(seen, record);
    }
    // A packed text is larger than its file, of which as much is known.
    rowsGuess += whole ? records : Math.max(records, (file.bytes / length) * records);
  }
  const named = namesOf([...seen.kinds.keys()]);
  const names = [...named.values()];
  if (names.length === 0)
    throw new SluiceError(
      "unreadable_source",
      `${filled[0]!.path} has no record that is a JSON object like {"a": 1}${seen.problem ? `: ${JSON.stringify(seen.problem.value?.slice(0, 60))} ${seen.problem.problem}` : ""}; --format names another form`,
      { file: filled[0]!.path },
    );
  const types = override(
    names,
    [...named.keys()].map((key) => typeOfKinds(seen.kinds.get(key)!)),
    options.types ?? {},
    partitions,
  );
  const expected = new Map(options.expect?.map((column) => [column.name, column]));
  const columns: Column[] = names.map((name, i) => {
    const wanted = expected.get(name);
    const { type, read } = wanted ? asExpected(wanted, { type: types[i]! }) : { type: types[i]! };
    const rules = options.types === undefined || !Object.hasOwn(options.types, name);
    return rules && readTypes.has(type.kind) ? { name, type, ...(read ? { read } : {}) } : { name, type: types[i]! };
  });
  const untold = new Map(
    [...named].filter(([, name]) => !expected.has(name) && !Object.hasOwn(options.types ?? {}, name)),
  );
  assumed.push(...mixedDates(seen, untold).slice(0, 20));
  const renamed = [...named].filter(([key, name]) => name !== nameOf(key));
  if (sampled) assumed.push("the fields and their types were found out from blocks across the file");
  const inside = only === undefined || options.expect ? undefined : rowsInside(only);
  if (inside)
    assumed.push(
      `caution: the file is one record with ${inside}, which may be the rows; write one object a line, like pandas' to_json(orient="records", lines=True) or jq -c`,
    );
  if (forms.some(({ shape }) => shape === "list")) assumed.push("the items of the list are the rows");
  for (const { encoding } of forms) if (encoding !== "utf-8") assumed.push(`the text is read as ${encoding}`);
  for (const [key, name] of renamed)
    assumed.push(
      key === ""
        ? `the field without a name is column "${name}"`
        : `the field ${key
            .split("\0")
            .reverse()
            .map((part) => JSON.stringify(part))
            .join(" in ")} is column "${name}", since another is called so`,
    );
  return {
    format: "jsonl",
    files: filled,
    schema: { columns: [...columns, ...partitionColumns(partitions, columns)] },
    json: { files: forms, renamed },
    rowsGuess: Math.round(rowsGuess),
    ...(partitions.length > 0 ? { partitions } : {}),
    assumed: [...new Set(assumed)],
  };
}

/** What the text of a value can be read as. */
const readTypes: ReadonlySet<Type["kind"]> = new Set(["bool", "int64", "real", "text", "date", "timestamp", "list"]);

/** The encoding and shape of a file, by its first block. */
async function formOf(
  path: string,
  compression: Compression,
  given: Encoding | undefined,
): Promise<{ readonly shape: JsonShape; readonly encoding: Encoding }> {
  for await (const block of rawBlocks(path, compression)) {
    const encoding = given ?? encodingOf(block);
    return { shape: shapeOf(transcoder(encoding)(block).toString()), encoding };
  }
  return { shape: "lines", encoding: given ?? "utf-8" };
}

/** JSON begins with a character of ASCII: where its zero byte stands tells UTF-16, if no mark does. */
export function encodingOf([first, second]: Buffer): Encoding {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return "utf-16le";
  return (first === 0xfe && second === 0xff) || (first === 0 && second !== 0 && second !== undefined)
    ? "utf-16be"
    : "utf-8";
}

async function* sampledLines(file: SourceFile, path: string, compression: Compression): AsyncGenerator<string> {
  const { blocks } = await sample(file, path, compression, "utf-8");
  for (const [b, block] of blocks.entries())
    yield* block
      .toString()
      .split(/\r?\n/)
      .slice(b === 0 ? 0 : 1, -1);
}

/** A column's name for each field. */
function namesOf(keys: readonly string[]): ReadonlyMap<string, string> {
  const names = flatNames(keys.map((key) => key.split("\0")));
  return new Map(keys.map((key, i) => [key, names[i]!]));
}

/** The kinds of values of each field, and what was wrong with the first record that is none. */
interface Seen {
  readonly kinds: Map<string, Set<string>>;
  /** How many dates a field had before anything else, and the first text behind some of them. */
  readonly dates: Map<string, number>;
  readonly odd: Map<string, string>;
  problem: Problem | undefined;
}

function notice(seen: Seen, record: string): void {
  const row = parseRecord(record);
  if (!row) return;
  if (!(row instanceof Map)) {
    seen.problem ??= row;
    return;
  }
  for (const [name, value] of row) {
    const kinds = seen.kinds.get(name);
    // Whatever else comes, a text makes a column of text.
    if (kinds?.has("text")) continue;
    const kind = kindOf(value);
    if (kinds) kinds.add(kind);
    else seen.kinds.set(name, new Set([kind]));
    if (isTemporal.has(kind)) seen.dates.set(name, (seen.dates.get(name) ?? 0) + 1);
    else if (kind === "text" && typeof value === "string" && (seen.dates.get(name) ?? 0) >= fewestDates)
      seen.odd.set(name, value);
  }
}

const isTemporal: ReadonlySet<string> = new Set(["date", "timestamp", "timestamp(utc)"]);
const fewestDates = 3;

/** Fields of dates that are text because of some of their values. */
function mixedDates({ kinds, dates, odd }: Seen, named: ReadonlyMap<string, string>): string[] {
  return [...named].flatMap(([key, name]) => {
    if (typeOfKinds(kinds.get(key)!).kind !== "text" || !dates.has(key)) return [];
    const flag = kinds.get(key)!.has("timestamp(utc)")
      ? "timestamp(utc)"
      : kinds.get(key)!.has("timestamp")
        ? "timestamp"
        : "date";
    if (odd.has(key))
      return [
        `caution: "${name}" is read as text because of ${JSON.stringify(odd.get(key)!.slice(0, 80))}: what stands before it are dates (--type '${name}=${flag}' stops at such values)`,
      ];
    return kinds.get(key)!.has("text")
      ? []
      : [
          `caution: "${name}" is read as text: some of its times have an offset from UTC, and others have none (--type '${name}=timestamp(utc)' stops at those)`,
        ];
  });
}

const dates = toDate("%Y-%m-%d");
const times = [toTimestamp("%Y-%m-%d", false), toTimestamp("%Y-%m-%d", true)] as const;
function kindOf(value: JsonValue): string {
  if (value === null || value === "") return "missing";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return toInt64(String(value)) === undefined ? "text" : "int64";
  if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? "int64" : "real";
  if (typeof value === "string") {
    if (!/^\d/.test(value)) return "text";
    if (dates(value) !== undefined) return "date";
    if (times[0](value) !== undefined) return "timestamp";
    return times[1](value) !== undefined ? "timestamp(utc)" : "text";
  }
  return value.list === "numbers" ? "list" : value.list === "empty" ? "empty list" : "text";
}

function typeOfKinds(kinds: ReadonlySet<string>): Type {
  const [first, ...more] = [...kinds]
    .filter((kind) => kind !== "missing" && !(kind === "empty list" && kinds.has("list")))
    // A day among times of no offset is its midnight, as in a CSV.
    .filter((kind) => kind !== "date" || !kinds.has("timestamp"))
    .sort();
  if (first === undefined) return text;
  if (first === "int64" && more.length === 1 && more[0] === "real") return real;
  if (more.length > 0) return text;
  const simple: Readonly<{ [kind: string]: Type }> = {
    bool,
    int64,
    real,
    date: { kind: "date" },
    timestamp: { kind: "timestamp", utc: false },
    "timestamp(utc)": { kind: "timestamp", utc: true },
    list: { kind: "list", of: real },
  };
  return simple[first] ?? text;
}

/** The fields of a record's object, undefined for a blank line, or what is wrong. */
function parseRecord(record: string): Fields | Problem | undefined {
  if (record.trim() === "") return undefined;
  const wrong = (problem: string): Problem => ({
    value: record.slice(0, 200),
    problem,
    remedy: `Each record must be one object like {"a": 1}; ${keepAside}`,
  });
  try {
    return parseFields(record) ?? wrong("is not an object");
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return wrong(`is not JSON that can be read (${error.message})`);
  }
}

/** What turns the text of one record into a record of the schema. */
export function jsonReader(
  scan: Pick<TextScan, "json">,
  { columns }: Schema,
  badCells?: "error",
): (record: string) => Record | undefined {
  const spell = columns.map(spellingOf);
  const places = new Map(columns.map(({ name }, i) => [name, i]));
  const known = new Map((scan.json?.renamed ?? []).map(([key, name]) => [key, places.get(name)]));
  const placeOf = (key: string): number | undefined => {
    if (!known.has(key)) known.set(key, places.get(nameOf(key)));
    return known.get(key);
  };
  return (raw) => {
    const row = parseRecord(raw);
    if (row === undefined) return undefined;
    if (!(row instanceof Map)) return { bad: row, raw };
    const cells: (string | null)[] = new Array(columns.length).fill(null);
    const given = new Set<number>();
    let error: string | undefined;
    for (const [key, value] of row) {
      const place = placeOf(key);
      const wrong = (problem: string, remedy: string): Extract<Record, { bad: unknown }> => ({
        raw,
        bad: { column: nameOf(key), value: shown(value), problem, remedy: `${remedy}; ${keepAside}` },
      });
      if (place === undefined)
        return wrong("is a field that no row of the sample had", "Give each line the same fields");
      if (given.has(place)) return wrong("is a second value of this column", "Give each field a name of its own");
      given.add(place);
      const { name, type } = columns[place]!;
      const cell = spell[place]!(value);
      if (cell === undefined) {
        const record = wrong(
          `is not ${typeName(type)}, which the rows seen before made of this field`,
          `--type ${name}=text reads the field as text`,
        );
        if (badCells !== "error") return record;
        error ??= problemText(record.bad);
      }
      cells[place] = cell ?? null;
    }
    return error === undefined ? { cells } : { cells, error };
  };
}

const shown = (value: JsonValue): string => (value instanceof Nested ? value.text : String(value));

/**
 * What makes a value of a column's type the text that a database reads without doubt; undefined where it is of another.
 * How texts are spelled may be given; numbers are always as JSON has them.
 */
function spellingOf({ type, read = {} }: Column): (value: JsonValue) => string | null | undefined {
  const missing = new Set<JsonValue>([null, "", ...(read.missing ?? [])]);
  if (type.kind === "text") return (value) => (missing.has(value) ? null : shown(value));
  const [plain, spelled] = [convertTo(type), convertTo(type, read)];
  return (value) => {
    if (missing.has(value)) return null;
    if (typeof value === "string") return type.kind === "list" ? undefined : spelled(value);
    if (value instanceof Nested) return type.kind === "list" && value.list !== undefined ? value.text : undefined;
    if (type.kind === "list") return undefined;
    if (type.kind === "int64" && typeof value === "number")
      return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? BigInt(value).toString() : undefined;
    return plain(shown(value));
  };
}
