import { SluiceError } from "../../base/errors.js";
import { type Type, typeName } from "../../base/schema.js";
import { commonType } from "../../sources/common-type.js";
import { flatNames, leavesOf } from "../../sources/names.js";
import type { ProbedSchema } from "../../sources/options.js";
import { path as pathText, quote } from "../../sql/duckdb/literals.js";
import { typeOfDuckdb } from "./type-of.js";

export type Ask = (sql: string) => Promise<readonly (readonly unknown[])[]>;

const fileList = (files: readonly string[]): string => `[${files.map(pathText).join(", ")}]`;

export function unreadable(file: string, right: string, error: unknown): SluiceError {
  const [said = ""] = (error as Error).message.split("\n");
  return new SluiceError(
    "unreadable_source",
    `${file} is not ${right}: ${said.slice(0, 300)}`,
    { file },
    { cause: error },
  );
}

/** A file's columns as they are declared in its footer, with the names that DuckDB gives to those of equal names. */
interface Declared {
  readonly file: string;
  readonly columns: readonly { readonly name: string; readonly under: string; readonly type: Type }[];
  /** Paths of INT96, which Spark and Hive write for an instant, and which DuckDB takes for the time of a wall clock. */
  readonly instants: readonly string[];
}

const pathKey = (path: readonly string[]): string => path.join("\0");

/** The columns of Parquet files: each with a type that all of them can be read in. */
export async function probeParquet(files: readonly string[], ask: Ask): Promise<ProbedSchema> {
  const different: Declared[] = [];
  for (const file of await unlike(files, ask)) different.push(await declared(file, ask));
  const [first, ...others] = different;
  if (!first) throw new Error("no file to probe");
  const casts = new Set<string>();
  let columns = first.columns;
  for (const other of others) {
    const theirs = new Map(other.columns.map((column) => [column.name, column]));
    for (const { name } of columns)
      if (!theirs.has(name)) throw differ(other.file, first.file, `"${name}" is only in the second`);
    const ours = new Set(columns.map(({ name }) => name));
    for (const { name } of other.columns)
      if (!ours.has(name)) throw differ(other.file, first.file, `"${name}" is only in the first`);
    const merged: Declared["columns"][number][] = [];
    for (const mine of columns) {
      const { name, under, type } = theirs.get(mine.name)!;
      if (under !== mine.under)
        throw differ(
          other.file,
          first.file,
          `names that differ by capital letters alone ("${name}") stand in another order`,
        );
      if (JSON.stringify(type) === JSON.stringify(mine.type)) {
        merged.push(mine);
        continue;
      }
      const both = await common(mine, { file: other.file, type, under }, different, ask);
      if (!both)
        throw differ(
          other.file,
          first.file,
          `"${name}" is ${typeName(type)} in the first and ${typeName(mine.type)} in the second`,
        );
      casts.add(name);
      merged.push({ ...mine, type: both });
    }
    columns = merged;
  }
  return flattened(columns, [...casts], new Set(different.flatMap(({ instants }) => instants)));
}

const differ = (file: string, first: string, how: string): SluiceError =>
  new SluiceError(
    "unreadable_source",
    `${file} and ${first} differ in their columns: ${how}. All files of one source need the same columns`,
    { file },
  );

/** The type that holds the values of both, if there is one: of a column that has none in one of them, that of the other. */
async function common(
  mine: Declared["columns"][number],
  theirs: { readonly file: string; readonly type: Type; readonly under: string },
  seen: readonly Declared[],
  ask: Ask,
): Promise<Type | undefined> {
  const [a, b] = [mine.type, theirs.type];
  const both = commonType(a, b);
  if (both) return both;
  const empty = async (file: string): Promise<boolean> =>
    Number(
      (
        await ask(
          `SELECT count(${quote(theirs.under)}) FROM read_parquet(${fileList([file])}, hive_partitioning = false)`,
        )
      )[0]![0],
    ) === 0;
  if (await empty(theirs.file)) return a;
  const before = seen.slice(
    0,
    seen.findIndex(({ file }) => file === theirs.file),
  );
  for (const { file } of before) if (!(await empty(file))) return undefined;
  return b;
}

/** The first of each group of files whose footers declare the same columns; usually one. */
async function unlike(files: readonly string[], ask: Ask): Promise<string[]> {
  const found = new Map<string, string>();
  for (let from = 0; from < files.length; from += 256) {
    const some = files.slice(from, from + 256);
    const rows = await ask(
      `SELECT file_name, md5(string_agg(concat_ws('|', coalesce(name, ''), type, type_length, num_children, converted_type, scale, precision, logical_type), chr(10) ORDER BY column_id)) FROM parquet_schema(${fileList(some)}) GROUP BY file_name`,
    ).catch(async (error: unknown) => {
      for (const file of some)
        await ask(`SELECT count(*) FROM parquet_schema(${fileList([file])})`).catch((own: unknown) => {
          throw unreadable(file, "a readable Parquet file", own);
        });
      throw error;
    });
    const forms = new Map(rows.map(([file, form]) => [String(file), String(form)]));
    for (const file of some) {
      const form = forms.get(file) ?? file;
      if (!found.has(form)) found.set(form, file);
    }
  }
  return [...found.values()];
}

async function declared(file: string, ask: Ask): Promise<Declared> {
  try {
    const described = await ask(`DESCRIBE SELECT * FROM read_parquet(${fileList([file])}, hive_partitioning = false)`);
    const fields = await ask(
      `SELECT name, num_children, precision, type FROM parquet_schema(${fileList([file])}) ORDER BY column_id`,
    );
    const { names, int96 } = topLevel(fields, file);
    // Two columns of one name can't both have it, nor one without a name none.
    const own = flatNames(described.map(([under], i) => [names[i] ?? String(under)]));
    const instants = int96.map(([top, ...rest]) => pathKey([String(described[Number(top)]![0]), ...rest]));
    const columns = described.map(([under, type], i) => ({
      name: own[i]!,
      under: String(under),
      type: withInstants(typeOfDuckdb(String(type)), [String(under)], new Set(instants)),
    }));
    return { file, columns, instants };
  } catch (error) {
    throw error instanceof SluiceError ? error : unreadable(file, "a readable Parquet file", error);
  }
}

function withInstants(type: Type, path: readonly string[], instants: ReadonlySet<string>): Type {
  if (type.kind === "timestamp") return instants.has(pathKey(path)) ? { ...type, utc: true } : type;
  if (type.kind !== "struct") return type;
  const fields = type.fields.map((field) => ({
    ...field,
    type: withInstants(field.type, [...path, field.name], instants),
  }));
  return { ...type, fields };
}

/** The names of the columns themselves, out of the tree of all fields, and the ways to what is INT96: a column's number, then names. */
function topLevel(
  fields: readonly (readonly unknown[])[],
  file: string,
): { readonly names: string[]; readonly int96: string[][] } {
  const names: string[] = [];
  const int96: string[][] = [];
  let at = 1;
  const skip = (path: string, way: readonly string[]): void => {
    const [, children, precision, type] = fields[at]!;
    if (type === "INT96") int96.push([...way]);
    if (Number(precision ?? 0) > 38)
      throw new SluiceError(
        "unreadable_source",
        `column "${path}" of ${file} is a decimal of ${Number(precision)} digits; up to 38 are read, so write it as decimal(38, ...), double or text`,
        { file, column: path },
      );
    at++;
    for (let n = Number(children ?? 0); n > 0; n--) {
      const name = String(fields[at]![0]);
      skip(`${path}.${name}`, [...way, name]);
    }
  };
  for (let n = Number(fields[0]?.[1] ?? 0); n > 0 && at < fields.length; n--) {
    const name = String(fields[at]![0] ?? "");
    names.push(name);
    skip(name, [`${names.length - 1}`]);
  }
  return { names, int96 };
}

function flattened(
  described: Declared["columns"],
  casts: readonly string[],
  instants: ReadonlySet<string>,
): ProbedSchema {
  const { columns, paths } = leavesOf(described);
  const cast = columns.filter(
    ({ name, type }) => type.kind === "timestamp" && instants.has(pathKey(paths[name] ?? [name])),
  );
  return { schema: { columns }, paths, casts: [...new Set([...casts, ...cast.map(({ name }) => name)])] };
}
