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
      throw new SluiceError(
        "unreadable_source",
        `${path} is not readable as Arrow IPC: ${(error as Error).message}; write it again`,
        { file: path },
        { cause: error },
      );
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
    return read(offset, bytes);
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
    const list = (field: number): Blocks => {
      const place = fieldAt(footer, table, field);
      if (place === 0) return { at: 0, blocks: [] };
      const at = place + footer.readUInt32LE(place);
      const blocks = Array.from({ length: footer.readUInt32LE(at) }, (_, i) => {
        const block = at + 4 + 24 * i;
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

/** Two fields of the flatbuffer table `Message` (Message.fbs): header type and body length. */
function headerOf(bytes: Buffer): { header: number; body: number } | undefined {
  try {
    const table = bytes.readUInt32LE(0);
    const [kind, body] = [fieldAt(bytes, table, 1), fieldAt(bytes, table, 3)];
    return {
      header: kind === 0 ? 0 : bytes.readUInt8(kind),
      body: body === 0 ? 0 : Number(bytes.readBigInt64LE(body)),
    };
  } catch {
    return undefined;
  }
}
