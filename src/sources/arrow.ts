import { open } from "node:fs/promises";
import { type DataType, type Table, tableFromIPC } from "@uwdata/flechette";
import { SluiceError } from "../base/errors.js";
import { bool, type Column, date, int64, real, type Schema, type Type, text } from "../base/schema.js";
import { formatBytes } from "../base/units.js";
import type { SourceOptions } from "./options.js";
import type { Record } from "./records.js";
import type { SourceFile, TextScan } from "./scan.js";

const largestBody = 1 << 30;
enum Header {
  schema = 1,
  dictionary = 2,
  batch = 3,
}

/** A scan of Arrow IPC files or streams (Feather 2 is one too), read a record batch at a time. */
export async function arrow(files: readonly SourceFile[], options: SourceOptions): Promise<TextScan> {
  void options;
  const assumed: string[] = [];
  let schema: Schema | undefined;
  for (const file of files) {
    const { columns, dropped } = await schemaOf(file.path);
    if (schema && JSON.stringify(schema.columns) !== JSON.stringify(columns))
      throw new SluiceError(
        "unreadable_source",
        `${file.path} and ${files[0]!.path} differ in their columns; all files of one source need the same`,
        { file: file.path },
      );
    if (!schema) assumed.push(...dropped.map((name) => `column "${name}" is left out: its type is not read`));
    schema = { columns };
  }
  return { format: "arrow", files, schema: schema!, assumed };
}

async function schemaOf(path: string): Promise<{ columns: Column[]; dropped: string[] }> {
  for await (const table of tables(path, true)) {
    const columns: Column[] = [];
    const dropped: string[] = [];
    for (const field of table.schema.fields) {
      const type = typeOf(field.type);
      if (type) columns.push({ name: field.name, type });
      else dropped.push(field.name);
    }
    return { columns, dropped };
  }
  throw new SluiceError("unreadable_source", `${path} has no Arrow schema; write it again as Arrow IPC`, {
    file: path,
  });
}

// Type numbers of the Arrow format (Schema.fbs); flechette keeps them negative for its own dictionary type.
const kinds: Readonly<{ [typeId: number]: Type }> = { 2: int64, 3: real, 5: text, 6: bool, 7: real, 8: date, 20: text };
function typeOf(type: DataType): Type | undefined {
  if (type.typeId === -1) return typeOf((type as unknown as { dictionary: DataType }).dictionary);
  if (type.typeId === 10)
    return { kind: "timestamp", utc: Boolean((type as unknown as { timezone: string | null }).timezone) };
  if (type.typeId === 12 || type.typeId === 16 || type.typeId === 21) {
    const of = typeOf((type as unknown as { children: { type: DataType }[] }).children[0]!.type);
    return of && (of.kind === "real" || of.kind === "int64") ? { kind: "list", of: real } : undefined;
  }
  return kinds[type.typeId];
}

/** The records of a file, in batches. */
export async function* arrowRecords(path: string, schema: Schema): AsyncGenerator<readonly Record[]> {
  for await (const table of tables(path, false)) {
    const columns = schema.columns.map(({ name, type }) => ({ of: table.getChild(name), type }));
    for (let from = 0; from < table.numRows; from += 2048) {
      const records: Record[] = [];
      for (let i = from; i < Math.min(table.numRows, from + 2048); i++)
        records.push({ cells: columns.map(({ of, type }) => cellOf(of?.at(i), type)) });
      yield records;
    }
  }
}

function cellOf(value: unknown, type: Type): string | null {
  if (value === null || value === undefined) return null;
  if (type.kind === "date") return new Date(Number(value)).toISOString().slice(0, 10);
  if (type.kind === "timestamp") {
    // Milliseconds, with the microseconds behind the point.
    const micros = Math.round(Number(value) * 1000);
    const whole = Math.floor(micros / 1e6);
    const stamp = new Date(whole * 1000).toISOString().slice(0, 19).replace("T", " ");
    return `${stamp}.${String(micros - whole * 1e6).padStart(6, "0")}${type.utc ? "+00" : ""}`;
  }
  if (type.kind === "list") return JSON.stringify(Array.from(value as Iterable<unknown>, Number));
  if (type.kind === "real" && typeof value === "number" && Number.isNaN(value)) return null;
  return String(value);
}

/** One table per record batch, so that only one is in memory; with `schemaOnly` one table without rows. */
async function* tables(path: string, schemaOnly: boolean): AsyncGenerator<Table> {
  const kept: Uint8Array[] = [];
  const decode = (messages: Uint8Array[]): Table => {
    try {
      return tableFromIPC(messages, { useBigInt: true });
    } catch (error) {
      throw new SluiceError(
        "unreadable_source",
        `${path} is not readable as Arrow IPC: ${(error as Error).message}; write it again, without compression`,
        { file: path },
        { cause: error },
      );
    }
  };
  for await (const { header, bytes } of messages(path)) {
    if (header !== Header.batch) {
      kept.push(bytes);
      if (schemaOnly) {
        yield decode([bytes]);
        return;
      }
    } else yield decode([...kept, bytes]);
  }
}

/** The messages of the stream; a file is the stream between two marks with an index behind it. */
async function* messages(path: string): AsyncGenerator<{ header: number; bytes: Uint8Array }> {
  const file = await open(path, "r");
  const cut = (): never => {
    throw new SluiceError("unreadable_source", `${path} is a truncated Arrow file; copy or write it again`, {
      file: path,
    });
  };
  const read = async (at: number, length: number): Promise<Buffer> => {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, at);
    return bytesRead < length ? cut() : buffer;
  };
  try {
    const { size } = await file.stat();
    let at = (await read(0, 8)).toString("latin1", 0, 6) === "ARROW1" ? 8 : 0;
    while (at + 4 <= size) {
      const marked = (await read(at, 4)).readInt32LE(0) === -1;
      const length = (await read(at + (marked ? 4 : 0), 4)).readInt32LE(0);
      const lead = marked ? 8 : 4;
      if (length === 0) return;
      if (length < 0 || at + lead + length > size) cut();
      const metadata = await read(at + lead, length);
      const { header, body } = headerOf(metadata) ?? cut();
      if (body > largestBody)
        throw new SluiceError(
          "unreadable_source",
          `${path} has a record batch of ${formatBytes(body)}; batches of up to ${formatBytes(largestBody)} are read, so write it again in smaller ones`,
          { file: path },
        );
      if (body < 0 || at + lead + length + body > size) cut();
      yield { header, bytes: await read(at, lead + length + body) };
      at += lead + length + body;
    }
  } finally {
    await file.close();
  }
}

/** Two fields of the flatbuffer table `Message` (Message.fbs): header type and body length. */
function headerOf(bytes: Buffer): { header: number; body: number } | undefined {
  try {
    const table = bytes.readUInt32LE(0);
    const vtable = table - bytes.readInt32LE(table);
    const field = (n: number): number =>
      4 + 2 * n < bytes.readUInt16LE(vtable) ? bytes.readUInt16LE(vtable + 4 + 2 * n) : 0;
    const [kind, body] = [field(1), field(3)];
    return {
      header: kind === 0 ? 0 : bytes.readUInt8(table + kind),
      body: body === 0 ? 0 : Number(bytes.readBigInt64LE(table + body)),
    };
  } catch {
    return undefined;
  }
}
