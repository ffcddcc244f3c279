import { isUtf8 } from "node:buffer";
import { generator, subSeed } from "../../base/seeds.js";
import { readAt } from "../files.js";
import type { SourceFile } from "../scan.js";
import { type Compression, type Encoding, hasBom, rawBlocks, transcoder } from "./bytes.js";

const headBytes = 256 * 1024;
const blockBytes = 128 * 1024;
const longestHead = 16 * 1024 * 1024;
const wholeBytes = 32 * 1024 * 1024;

/** Blocks of a file's text: the first begins at its beginning and the others anywhere, often inside a line. */
export interface Sample {
  readonly blocks: readonly Buffer[];
  /** The one block is the whole file. */
  readonly whole: boolean;
  readonly encoding: Encoding;
  readonly assumed: readonly string[];
}

/** Reads blocks from across the file: head, tail and seeded places between; of a packed file the beginning only. */
export async function sample(
  file: SourceFile,
  path: string,
  compression: Compression,
  given?: Encoding,
): Promise<Sample> {
  const assumed: string[] = [];
  let raw: Buffer[];
  let whole = false;
  if (compression === "gzip" || file.bytes <= wholeBytes || path !== file.path) {
    const head = await headOf(path, compression, wholeBytes);
    whole = head.length < wholeBytes;
    if (compression !== "none" && !whole)
      assumed.push(`${file.path} is packed: its form was found out from the first ${wholeBytes >> 20} MiB`);
    const encoding = given ?? encodingOf(head, whole);
    const text = decoded(head, encoding);
    const small = text.length <= 4 * headBytes;
    return {
      blocks: small
        ? [text]
        : spread(text.length, headOfLines(text)).map(([at, length]) => text.subarray(at, at + length)),
      whole: whole && small,
      encoding,
      assumed: said(assumed, encoding, given),
    };
  }
  raw = [];
  const probe = headOfLines(await readAt(path, 0, longestHead));
  for (const [at, length] of spread(file.bytes, probe)) raw.push(await readAt(path, at, length));
  const found =
    given ??
    raw
      .map((block, i) => encodingOf(i === 0 ? block : fromLine(block), false))
      .find((encoding) => encoding !== "utf-8") ??
    "utf-8";
  // A block in the middle of a UTF-16 file may begin at either byte of a character; its head is enough.
  if (found === "utf-16") raw = raw.slice(0, 1);
  return {
    blocks: raw.map((block) => decoded(block, found)),
    whole: false,
    encoding: found,
    assumed: said(assumed, found, given),
  };
}

const said = (assumed: string[], encoding: Encoding, given: Encoding | undefined): string[] =>
  encoding === "utf-8" || given
    ? assumed
    : [
        ...assumed,
        encoding === "latin-1"
          ? "some bytes are not UTF-8: the text is read as latin-1 (windows-1252)"
          : "the text is read as UTF-16",
      ];

async function headOf(path: string, compression: Compression, limit: number): Promise<Buffer> {
  const blocks: Buffer[] = [];
  let length = 0;
  for await (const block of rawBlocks(path, compression)) {
    blocks.push(block);
    length += block.length;
    if (length >= limit) break;
  }
  return Buffer.concat(blocks).subarray(0, limit);
}

/** Long lines need a longer head to show some whole records. */
function headOfLines(text: Buffer): number {
  let at = 0;
  for (let lines = 0; lines < 20; lines++) {
    at = text.indexOf(10, at) + 1;
    if (at === 0) return text.length;
  }
  return Math.max(at, 256 * 1024);
}

function spread(size: number, headBytes = 256 * 1024): [at: number, length: number][] {
  const places: [number, number][] = [[0, Math.min(headBytes, size)]];
  const next = generator(subSeed(1, "csv sample"));
  const room = size - headBytes - blockBytes;
  if (room > 0) {
    const middle = Array.from(
      { length: 8 },
      (_, i) => headBytes + Math.floor(((i + next()) / 8) * Math.max(0, room - blockBytes)),
    );
    for (const at of middle) places.push([at, blockBytes]);
    places.push([size - blockBytes, blockBytes]);
  }
  return places;
}

export function encodingOf(bytes: Buffer, whole: boolean): Encoding {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return "utf-16";
  if (hasBom(bytes)) return "utf-8";
  const head = bytes.subarray(0, 4096);
  let zeros = 0;
  for (let i = 1; i < head.length; i += 2) if (head[i] === 0) zeros++;
  if (head.length >= 8 && zeros > head.length / 5) return "utf-16";
  // The last character may be cut by the end of the block.
  for (let cut = 0; cut <= (whole ? 0 : 3); cut++) if (isUtf8(bytes.subarray(0, bytes.length - cut))) return "utf-8";
  return "latin-1";
}

const fromLine = (block: Buffer): Buffer => block.subarray(block.indexOf(10) + 1);

function decoded(bytes: Buffer, encoding: Encoding): Buffer {
  if (encoding === "utf-8") return hasBom(bytes) ? bytes.subarray(3) : bytes;
  const text = transcoder(encoding)(bytes);
  return hasBom(text) ? text.subarray(3) : text;
}
