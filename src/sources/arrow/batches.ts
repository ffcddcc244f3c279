import { open } from "node:fs/promises";
import { CompressionType, getCompressionCodec, setCompressionCodec, type Table, tableFromIPC } from "@uwdata/flechette";
import { decompress } from "fzstd";
import { SluiceError } from "../../base/errors.js";
import { formatBytes } from "../../base/units.js";
import { unpackLz4 } from "./lz4.js";

const largestBody = 1 << 30;
enum Header {
  schema = 1,
  dictionary = 2,
  batch = 3,
}

const announced = (length: number): number => {
  if (length < 0 || length > largestBody)
    throw new Error(`a buffer of ${length} bytes; up to ${formatBytes(largestBody)} are read`);
  return length;
};
for (const [codec, unpack] of [
  [CompressionType.LZ4_FRAME, unpackLz4],
  [CompressionType.ZSTD, (bytes: Uint8Array, length: number) => decompress(bytes, new Uint8Array(length))],
] as const)
  if (!getCompressionCodec(codec))
    setCompressionCodec(codec, {
      decode: (bytes, length) => unpack(bytes, announced(length)),
      encode: () => {
        throw new Error("Arrow is read here, not written");
      },
    });

/** One table per record batch, so that only one is in memory; with `schemaOnly` one table without rows. */
export async function* tables(path: string, schemaOnly: boolean): AsyncGenerator<Table> {
  const file = await open(path, "r");
  const { size } = await file.stat();
  const read: Read = async (at, length) => {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = at < 0 || length > size ? { bytesRead: -1 } : await file.read(buffer, 0, length, at);
    return bytesRead < length ? cut(path) : buffer;
  };
  const decode = (data: Uint8Array | Uint8Array[]): Table => {
    try {
      return tableFromIPC(data, { useBigInt: true, useBigIntTimestamp: true, useDecimalInt: true, useProxy: true });
    } catch (error) {
      throw unreadable(path, error);
    }
  };
  try {
    // Some writers put no stream into the file that could be read without its footer.
    if ((await read(0, 8)).toString("latin1", 0, 6) === "ARROW1") yield* ofFile(read, size, schemaOnly, decode, path);
    else yield* ofStream(read, size, schemaOnly, decode, path);
  } finally {
    await file.close();
  }
}

/** What the library said of a file that is no sound Arrow. */
export const unreadable = (path: string, error: unknown): SluiceError =>
  new SluiceError(
    "unreadable_source",
    `${path} is not readable as Arrow IPC: ${(error as Error).message}; write it again`,
    { file: path },
    { cause: error },
  );

type Read = (at: number, length: number) => Promise<Buffer>;
type Decode = (data: Uint8Array | Uint8Array[]) => Table;

const cut = (path: string): never => {
  throw new SluiceError("unreadable_source", `${path} is a truncated Arrow file; copy or write it again`, {
    file: path,
  });
};

async function* ofStream(
  read: Read,
  size: number,
  schemaOnly: boolean,
  decode: Decode,
  path: string,
): AsyncGenerator<Table> {
  const kept: Uint8Array[] = [];
  for (let at = 0; at + 4 <= size; ) {
    const marked = (await read(at, 4)).readInt32LE(0) === -1;
    const length = (await read(at + (marked ? 4 : 0), 4)).readInt32LE(0);
    const lead = marked ? 8 : 4;
    if (length === 0) return;
    if (length < 0 || at + lead + length > size) cut(path);
    const { header, body } = headerOf(await read(at + lead, length)) ?? cut(path);
    refuseLarge(body, path);
    if (body < 0 || at + lead + length + body > size) cut(path);
    const bytes = await read(at, lead + length + body);
    at += bytes.length;
    if (header !== Header.batch) {
      kept.push(bytes);
      if (schemaOnly) {
        yield decode([bytes]);
        return;
      }
    } else yield decode([...kept, bytes]);
  }
}

/** A message of a file, where the footer says it is. */
interface Block {
  readonly offset: number;
  readonly bytes: number;
}

/**
 * The footer has the schema and where the messages are. Each record batch is read with the dictionaries, as a file that has
 * nothing else.
 */
async function* ofFile(
  read: Read,
  size: number,
  schemaOnly: boolean,
  decode: Decode,
  path: string,
): AsyncGenerator<Table> {
  const end = await read(size - 10, 10);
  if (end.toString("latin1", 4) !== "ARROW1") cut(path);
  const length = end.readInt32LE(0);
  if (length <= 0 || length > size - 18) cut(path);
  const footer = await read(size - 10 - length, length);
  const [dictionaries, batches] = blocksOf(footer) ?? cut(path);
  if (schemaOnly) {
    yield decode(fileOf(footer, dictionaries, [], batches, undefined));
    return;
  }
  const message = async ({ offset, bytes }: Block): Promise<Buffer> => {
    refuseLarge(bytes, path);
    if (offset < 0 || bytes <= 0 || offset + bytes > size) cut(path);
    const content = await read(offset, bytes);
    const marked = content.length >= 8 && content.readInt32LE(0) === -1;
    return headerOf(content.subarray(marked ? 8 : 4)) ? content : cut(path);
  };
  // A file's dictionaries count for all batches, wherever they stand in it: Polars writes them last.
  const before: Buffer[] = [];
  for (const block of dictionaries.blocks) before.push(await message(block));
  for (const block of batches.blocks) yield decode(fileOf(footer, dictionaries, before, batches, await message(block)));
}

interface Blocks {
  /** Where the vector stands in the footer; 0 where there is none. */
  readonly at: number;
  readonly blocks: readonly Block[];
}

/** The lists of dictionary and record batches in the flatbuffer table `Footer` (File.fbs). */
function blocksOf(footer: Buffer): readonly [dictionaries: Blocks, batches: Blocks] | undefined {
  try {
    const table = footer.readUInt32LE(0);
    const schema = fieldAt(footer, table, 1);
    if (schema > 0) checkFields(footer, schema + footer.readUInt32LE(schema));
    const list = (field: number): Blocks => {
      const place = fieldAt(footer, table, field);
      if (place === 0) return { at: 0, blocks: [] };
      const { at: first, count } = vectorAt(footer, table, field, 24);
      const at = first - 4;
      const blocks = Array.from({ length: count }, (_, i) => {
        const block = first + 24 * i;
        return {
          offset: Number(footer.readBigInt64LE(block)),
          bytes: footer.readInt32LE(block + 8) + Number(footer.readBigInt64LE(block + 16)),
        };
      });
      return { at, blocks };
    };
    return [list(2), list(3)];
  } catch {
    return undefined;
  }
}

/** A file of these messages, with the footer changed so that it knows no others. */
function fileOf(
  footer: Buffer,
  dictionaries: Blocks,
  before: readonly Buffer[],
  batches: Blocks,
  batch: Buffer | undefined,
): Buffer {
  const own = Buffer.from(footer);
  const parts: Buffer[] = [Buffer.from("ARROW1\0\0", "latin1")];
  let filled = 8;
  const put = ({ at }: Blocks, messages: readonly Buffer[]): void => {
    if (at === 0) return;
    own.writeUInt32LE(messages.length, at);
    for (const [i, content] of messages.entries()) {
      own.writeBigInt64LE(BigInt(filled), at + 4 + 24 * i);
      const padding = -content.length & 63;
      parts.push(content, Buffer.alloc(padding));
      filled += content.length + padding;
    }
  };
  put(dictionaries, before);
  put(batches, batch ? [batch] : []);
  const end = Buffer.alloc(10);
  end.writeInt32LE(own.length, 0);
  end.write("ARROW1", 4, "latin1");
  // Buffers of a message must stand at multiples of 8, so in memory of their own.
  const whole = Buffer.alloc(filled + own.length + end.length);
  let at = 0;
  for (const part of [...parts, own, end]) at += part.copy(whole, at);
  return whole;
}

function refuseLarge(body: number, path: string): void {
  if (body > largestBody)
    throw new SluiceError(
      "unreadable_source",
      `${path} has a record batch of ${formatBytes(body)}; batches of up to ${formatBytes(largestBody)} are read, so write it again in smaller ones`,
      { file: path },
    );
}

/** Where a field of a flatbuffer table stands; 0 where it has its default. */
function fieldAt(bytes: Buffer, table: number, field: number): number {
  const vtable = table - bytes.readInt32LE(table);
  const entry = 4 + 2 * field;
  const offset = entry < bytes.readUInt16LE(vtable) ? bytes.readUInt16LE(vtable + entry) : 0;
  return offset === 0 ? 0 : table + offset;
}

/** A vector of a table. The library reads on behind the end of its bytes, so one that does not fit is refused before it sees it. */
function vectorAt(bytes: Buffer, table: number, field: number, width: number): { at: number; count: number } {
  const place = fieldAt(bytes, table, field);
  if (place === 0) return { at: 0, count: 0 };
  const at = place + bytes.readUInt32LE(place);
  const count = bytes.readUInt32LE(at);
  if (at + 4 + count * width > bytes.length) throw new RangeError(`a list of ${count} ends behind its message`);
  return { at: at + 4, count };
}

/** Looks through the fields of the table `Schema` (Schema.fbs) and theirs: no more than the bytes have room for, so that no field is its own child. */
function checkFields(bytes: Buffer, schema: number): void {
  let left = bytes.length / 4;
  const tables = [{ table: schema, children: 1, metadata: 2 }];
  for (let next = tables.pop(); next; next = tables.pop()) {
    vectorAt(bytes, next.table, next.metadata, 4);
    const { at, count } = vectorAt(bytes, next.table, next.children, 4);
    left -= count;
    if (left < 0) throw new RangeError("more fields than its bytes have room for");
    for (let place = at; place < at + 4 * count; place += 4)
      tables.push({ table: place + bytes.readUInt32LE(place), children: 5, metadata: 6 });
  }
}

/** Looks through a message's lists: fields of a schema, nodes and buffers of a batch. */
function checkLists(bytes: Buffer, table: number, header: number): void {
  vectorAt(bytes, table, 4, 4);
  const place = fieldAt(bytes, table, 2);
  if (place === 0) return;
  let own = place + bytes.readUInt32LE(place);
  if (header === Header.schema) {
    checkFields(bytes, own);
    return;
  }
  if (header === Header.dictionary) {
    const data = fieldAt(bytes, own, 1);
    if (data === 0) return;
    own = data + bytes.readUInt32LE(data);
  }
  vectorAt(bytes, own, 1, 16);
  vectorAt(bytes, own, 2, 16);
}

/** Two fields of the flatbuffer table `Message` (Message.fbs): header type and body length. Nothing where its lists do not fit in it. */
function headerOf(bytes: Buffer): { header: number; body: number } | undefined {
  try {
    const table = bytes.readUInt32LE(0);
    const [kind, body] = [fieldAt(bytes, table, 1), fieldAt(bytes, table, 3)];
    const header = kind === 0 ? 0 : bytes.readUInt8(kind);
    checkLists(bytes, table, header);
    return {
      header,
      body: body === 0 ? 0 : Number(bytes.readBigInt64LE(body)),
    };
  } catch {
    return undefined;
  }
}
