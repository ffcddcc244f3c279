import { SluiceError } from "../base/errors.js";
import { bool, type Column, int64, real, type Schema, type Type, text, typeName } from "../base/schema.js";
import { compressionOf, utf8Blocks } from "./csv/bytes.js";
import { sample } from "./csv/sample.js";
import { convertTo, toDate, toInt64, toTimestamp } from "./csv/values.js";
import { override, unpacked } from "./csv.js";
import type { SourceOptions } from "./options.js";
import { partitionColumns } from "./partitions.js";
import type { Partition } from "./paths.js";
import { keepAside, type Problem, type Record } from "./records.js";
import type { SourceFile, TextScan } from "./scan.js";

const wholeBytes = 64 * 1024 * 1024;
type Flat = Map<string, unknown>;

/** A scan of JSON lines: one object a line, nested ones flattened to `a.b`. */
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
  const seen = new Map<string, Set<string>>();
  let sampled = false;
  for (const file of filled) {
    const compression = await compressionOf(file.path);
    const path = compression === "zstd" ? await unpacked(file, options) : file.path;
    if (file.bytes <= wholeBytes) {
      for await (const line of lines(
        utf8Blocks(path, { compression: compression === "zstd" ? "none" : compression, encoding: "utf-8" }),
      ))
        notice(seen, line);
      continue;
    }
    sampled = true;
    const { blocks } = await sample(file, path, compression === "zstd" ? "none" : compression, "utf-8");
    for (const [b, block] of blocks.entries())
      for (const line of block
        .toString()
        .split("\n")
        .slice(b === 0 ? 0 : 1, -1))
        notice(seen, line);
  }
  const names = [...seen.keys()];
  if (names.length === 0)
    throw new SluiceError(
      "unreadable_source",
      `${filled[0]!.path} has no line that is a JSON object like {"a": 1}; --format names another form`,
      { file: filled[0]!.path },
    );
  const types = override(
    names,
    names.map((name) => typeOfKinds(seen.get(name)!)),
    options.types ?? {},
    partitions,
  );
  const columns: Column[] = names.map((name, i) => ({ name, type: types[i]! }));
  return {
    format: "jsonl",
    files: filled,
    schema: { columns: [...columns, ...partitionColumns(partitions, columns)] },
    ...(partitions.length > 0 ? { partitions } : {}),
    assumed: sampled ? ["the fields and their types were found out from blocks across the file"] : [],
  };
}

function notice(seen: Map<string, Set<string>>, line: string): void {
  const row = parseLine(line);
  if (!(row instanceof Map)) return;
  for (const [name, value] of row) {
    const kinds = seen.get(name) ?? new Set();
    seen.set(name, kinds.add(kindOf(value)));
  }
}

const dates = toDate("%Y-%m-%d");
const times = [toTimestamp("%Y-%m-%d", false), toTimestamp("%Y-%m-%d", true)] as const;
export function kindOf(value: unknown): string {
  if (value === null || value === undefined || value === "") return "missing";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int64";
  if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? "int64" : "real";
  if (typeof value === "string") {
    if (value.startsWith("\0i")) return toInt64(value.slice(2)) === undefined ? "text" : "int64";
    if (dates(value) !== undefined) return "date";
    if (times[0](value) !== undefined) return "timestamp";
    return times[1](value) !== undefined ? "timestamp(utc)" : "text";
  }
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "number" || item === null)
    ? "list"
    : "text";
}

export function typeOfKinds(kinds: ReadonlySet<string>): Type {
  const [first, ...more] = [...kinds].filter((kind) => kind !== "missing").sort();
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

/** The fields of a line's object, undefined for a blank line, or what is wrong. Whole numbers past 2^53 keep their digits. */
function parseLine(line: string): Flat | Problem | undefined {
  if (line.trim() === "") return undefined;
  const exact = /\d{16}/.test(line)
    ? line.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g, (part) =>
        part.startsWith('"') ? part : `"\\u0000i${part}"`,
      )
    : line;
  let value: unknown;
  try {
    value = JSON.parse(exact);
  } catch (error) {
    return {
      value: line.slice(0, 200),
      problem: `is not JSON (${(error as Error).message.slice(0, 100)})`,
      remedy: `Each line must be one object like {"a": 1}; ${keepAside}`,
    };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return {
      value: line.slice(0, 200),
      problem: "is not an object",
      remedy: `Each line must be one object like {"a": 1}; ${keepAside}`,
    };
  const flat: Flat = new Map();
  flatten(value as object, "", flat, 0);
  return flat;
}

function flatten(value: object, prefix: string, into: Flat, depth: number): void {
  for (const [name, field] of Object.entries(value)) {
    if (typeof field === "object" && field !== null && !Array.isArray(field) && depth < 20)
      flatten(field as object, `${prefix}${name}.`, into, depth + 1);
    else into.set(prefix + name, field);
  }
}

export function* jsonRecord(line: string, schema: Schema): Generator<Record> {
  const row = parseLine(line);
  if (row === undefined) return;
  if (!(row instanceof Map)) {
    yield { bad: row, raw: line };
    return;
  }
  yield recordOf(row, schema, line);
}

/** Fields by name as a record of the schema. */
export function recordOf(row: ReadonlyMap<string, unknown>, schema: Schema, raw: string): Record {
  const cells: (string | null)[] = [];
  let used = 0;
  for (const { name, type } of schema.columns) {
    const value = row.get(name);
    if (value !== undefined) used++;
    const cell = cellOf(value, type);
    if (cell === undefined)
      return {
        raw,
        bad: {
          column: name,
          value: typeof value === "string" ? value : JSON.stringify(value),
          problem: `is not ${typeName(type)}, which the rows seen before made of this field`,
          remedy: `--type ${name}=text reads the field as text; ${keepAside}`,
        },
      };
    cells.push(cell);
  }
  if (used < row.size) {
    const extra = [...row.keys()].find((name) => !schema.columns.some((column) => column.name === name))!;
    return {
      raw,
      bad: {
        column: extra,
        value: JSON.stringify(row.get(extra)),
        problem: "is a field that no row of the sample had",
        remedy: `Give each line the same fields; ${keepAside}`,
      },
    };
  }
  return { cells };
}

function cellOf(value: unknown, type: Type): string | null | undefined {
  if (value === null || value === undefined || value === "") return null;
  const plain =
    typeof value === "string"
      ? value.startsWith("\0i")
        ? value.slice(2)
        : value
      : typeof value === "number" || typeof value === "boolean" || typeof value === "bigint"
        ? String(value)
        : JSON.stringify(value);
  if (type.kind === "text") return plain;
  if (type.kind === "list") return Array.isArray(value) ? plain : undefined;
  if (type.kind === "int64" && typeof value === "number")
    return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? BigInt(value).toString() : undefined;
  return typeof value === "object" ? undefined : convertTo(type, { decimal: "." })(plain);
}

/** Text lines of a stream of UTF-8 blocks; a line may span blocks. */
export async function* lines(blocks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  for await (const block of blocks) {
    let at = 0;
    for (let end = block.indexOf(10); end >= 0; end = block.indexOf(10, at)) {
      const piece = block.subarray(at, end);
      yield (rest.length > 0 ? Buffer.concat([...rest, piece]) : piece).toString();
      rest = [];
      at = end + 1;
    }
    // The stream may reuse its block.
    if (at < block.length) rest.push(Buffer.from(block.subarray(at)));
  }
  if (rest.length > 0) yield Buffer.concat(rest).toString();
}
