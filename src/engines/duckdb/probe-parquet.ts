import { SluiceError } from "../../base/errors.js";
import { type Column, type Type, typeName } from "../../base/schema.js";
import { commonType } from "../../sources/common-type.js";
import { flatNames } from "../../sources/names.js";
import type { ProbedSchema } from "../../sources/options.js";
import { quote } from "../../sql/duckdb/literals.js";
import { type Ask, fileList, typeOfDuckdb, unreadable } from "./probe.js";

/** A file's columns as they are declared in its footer, with the names that DuckDB gives to those of equal names. */
interface Declared {
  readonly file: string;
  readonly columns: readonly { readonly name: string; readonly under: string; readonly type: Type }[];
}

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
  return flattened(columns, [...casts]);
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
    const names = topLevel(
      await ask(`SELECT name, num_children, precision FROM parquet_schema(${fileList([file])}) ORDER BY column_id`),
      file,
    );
    // Two columns of one name can't both have it, nor one without a name none.
    const own = flatNames(described.map(([under], i) => [names[i] ?? String(under)]));
    const columns = described.map(([under, type], i) => ({
      name: own[i]!,
      under: String(under),
      type: typeOfDuckdb(String(type)),
    }));
    return { file, columns };
  } catch (error) {
    throw error instanceof SluiceError ? error : unreadable(file, "a readable Parquet file", error);
  }
}

/** The names of the columns themselves, out of the tree of all fields. */
function topLevel(fields: readonly (readonly unknown[])[], file: string): string[] {
  const names: string[] = [];
  let at = 1;
  const skip = (path: string): void => {
    const [, children, precision] = fields[at]!;
    if (Number(precision ?? 0) > 38)
      throw new SluiceError(
        "unreadable_source",
        `column "${path}" of ${file} is a decimal of ${Number(precision)} digits; up to 38 are read, so write it as decimal(38, ...), double or text`,
        { file, column: path },
      );
    at++;
    for (let n = Number(children ?? 0); n > 0; n--) skip(`${path}.${String(fields[at]![0])}`);
  };
  for (let n = Number(fields[0]?.[1] ?? 0); n > 0 && at < fields.length; n--) {
    const name = String(fields[at]![0] ?? "");
    names.push(name);
    skip(name);
  }
  return names;
}

function flattened(described: Declared["columns"], casts: readonly string[]): ProbedSchema {
  const leaves: { readonly path: readonly string[]; readonly under: readonly string[]; readonly type: Type }[] = [];
  const add = (path: readonly string[], under: readonly string[], type: Type): void => {
    if (type.kind !== "struct") leaves.push({ path, under, type });
    else for (const field of type.fields) add([...path, field.name], [...under, field.name], field.type);
  };
  for (const { name, under, type } of described) add([name], [under], type);
  const names = flatNames(leaves.map(({ path }) => path));
  return {
    schema: { columns: leaves.map(({ type }, i): Column => ({ name: names[i]!, type })) },
    paths: Object.fromEntries(
      leaves.flatMap(({ under }, i) => (under.length > 1 || under[0] !== names[i] ? [[names[i]!, under]] : [])),
    ),
    casts,
  };
}
