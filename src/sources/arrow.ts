import type { DataType, Table } from "@uwdata/flechette";
import { SluiceError } from "../base/errors.js";
import { type Column, type Schema, type Type, text, typeName } from "../base/schema.js";
import { tables, unreadable } from "./arrow/batches.js";
import { detailsOf, kind, spellingOf, typeOf } from "./arrow/values.js";
import { commonType } from "./common-type.js";
import { flatNames } from "./names.js";
import type { SourceOptions } from "./options.js";
import type { Record } from "./records.js";
import type { SourceFile, TextScan } from "./scan.js";

/** A scan of Arrow IPC files or streams (Feather 2 is one too), read a record batch at a time. */
export async function arrow(files: readonly SourceFile[], options: SourceOptions): Promise<TextScan> {
  void options;
  const assumed: string[] = [];
  let found: Map<string, Type | "null"> | undefined;
  for (const file of files) {
    const fields = await fieldsOf(file.path);
    const theirs = new Map<string, Type | "null">();
    for (const { name, type } of fields) {
      const known = typeOf(type);
      if (known !== undefined && known !== "null" && known.kind === "decimal" && known.precision > 38)
        throw new SluiceError(
          "unreadable_source",
          `column "${name}" of ${file.path} is a decimal of ${known.precision} digits; up to 38 are read, so write it as decimal(38, ...), double or text`,
          { file: file.path, column: name },
        );
      if (known) theirs.set(name, known);
      else if (!found) assumed.push(`column "${name}" is left out: its type is not read`);
    }
    found = found ? together(found, theirs, files[0]!.path, file.path) : theirs;
  }
  const columns: Column[] = [...found!].map(([name, type]) => ({ name, type: type === "null" ? text : type }));
  if (columns.length === 0)
    throw new SluiceError("empty_source", `${files[0]!.path} has no column that is read; at least one is needed`, {
      file: files[0]!.path,
    });
  return { format: "arrow", files, schema: { columns }, assumed };
}

/** Columns of two files of one source. */
function together(
  ours: ReadonlyMap<string, Type | "null">,
  theirs: ReadonlyMap<string, Type | "null">,
  first: string,
  file: string,
): Map<string, Type | "null"> {
  const differ = (how: string): SluiceError =>
    new SluiceError(
      "unreadable_source",
      `${file} and ${first} differ in their columns: ${how}. All files of one source need the same columns`,
      { file },
    );
  const lacking = [...ours.keys()].find((name) => !theirs.has(name));
  if (lacking !== undefined) throw differ(`"${lacking}" is only in the second`);
  const more = [...theirs.keys()].find((name) => !ours.has(name));
  if (more !== undefined) throw differ(`"${more}" is only in the first`);
  return new Map(
    [...ours].map(([name, mine]) => {
      const other = theirs.get(name)!;
      const both = mine === "null" ? other : other === "null" ? mine : commonType(mine, other);
      if (!both)
        throw differ(
          `"${name}" is ${typeName(other as Type)} in the first and ${typeName(mine as Type)} in the second`,
        );
      return [name, both];
    }),
  );
}

/** A column with the way to it: structs are flattened. */
interface Field {
  readonly name: string;
  readonly path: readonly number[];
  readonly type: DataType;
}

async function fieldsOf(path: string): Promise<Field[]> {
  for await (const table of tables(path, true)) {
    try {
      return flattened(table);
    } catch (error) {
      throw unreadable(path, error);
    }
  }
  throw new SluiceError("unreadable_source", `${path} has no Arrow schema; write it again as Arrow IPC`, {
    file: path,
  });
}

function flattened(table: Table): Field[] {
  const leaves: { names: (string | null)[]; path: number[]; type: DataType }[] = [];
  const add = (names: (string | null)[], path: number[], type: DataType): void => {
    const { typeId, children } = detailsOf(type);
    if (typeId === kind.struct)
      for (const [i, child] of children.entries()) add([...names, child.name], [...path, i], child.type);
    else leaves.push({ names, path, type });
  };
  for (const [i, field] of table.schema.fields.entries()) add([field.name], [i], field.type);
  // As in a CSV's header: no engine takes a NUL in a name. A field may have none.
  const names = flatNames(leaves.map((leaf) => leaf.names.map((name) => (name ?? "").replaceAll("\0", ""))));
  return leaves.map(({ path, type }, i) => ({ name: names[i]!, path, type }));
}

/** What is used of a batch of flechette's. */
interface Batch {
  readonly length: number;
  readonly nullCount: number;
  readonly values?: unknown;
  readonly offsets?: ArrayLike<unknown>;
  readonly children: readonly Batch[];
  at(row: number): unknown;
  isValid(row: number): boolean;
}

/** The records of a file, in batches. */
export async function* arrowRecords(path: string, schema: Schema): AsyncGenerator<readonly Record[]> {
  for await (const table of tables(path, false)) {
    for (let from = 0; from < table.numRows; from += 2048) yield recordsOf(path, table, schema, from);
  }
}

/** Up to 2048 records from a row on. Lengths and types that do not fit what is there show when values are taken. */
function recordsOf(path: string, table: Table, schema: Schema, from: number): Record[] {
  try {
    const fields = new Map(flattened(table).map((field) => [field.name, field]));
    const cells = schema.columns.map(({ name }) => cellsOf(table, fields.get(name)!));
    return Array.from({ length: Math.min(table.numRows - from, 2048) }, (_, i) => ({
      cells: cells.map((cell) => cell(from + i)),
    }));
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** A batch that announces more rows than it has bytes for would be read for ever. */
function refuseLength({ length, nullCount, values, offsets }: Batch, rows: number): void {
  const bits = ArrayBuffer.isView(values) ? 8 * values.byteLength : Number.POSITIVE_INFINITY;
  const room = Math.min(bits, offsets ? offsets.length - 1 : Number.POSITIVE_INFINITY);
  if (length !== rows || (length > room && nullCount < length))
    throw new Error(`a column of ${length} rows, with room for ${room}, in a batch of ${rows}`);
}

function cellsOf(table: Table, { path, type }: Field): (row: number) => string | null {
  const [first, ...rest] = path;
  let batch = table.getChildAt(first!).data[0] as unknown as Batch;
  // A struct that is null has no values, whatever stands below it.
  const above: Batch[] = [];
  for (const child of rest) {
    if (batch.nullCount > 0) above.push(batch);
    batch = batch.children[child]!;
  }
  refuseLength(batch, table.numRows);
  const spell = spellingOf(type);
  return (row) => (above.every((one) => one.isValid(row)) ? spell(batch.at(row)) : null);
}
