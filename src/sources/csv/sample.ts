import { isUtf8 } from "node:buffer";
import { generator, subSeed } from "../../base/seeds.js";
import { readAt } from "../files.js";
import type { SourceFile } from "../scan.js";
import { type Compression, type Encoding, hasBom, rawBlocks, transcoder } from "./bytes.js";

const blockBytes = 128 * 1024;
const longestHead = 16 * 1024 * 1024;
const wholeBytes = 32 * 1024 * 1024;
/** A text that is no longer is looked at from its first record to its last. */
const smallBytes = 4 * 1024 * 1024;

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
    const encoding = settled(given, () => encodingOf(head, whole));
    const text = decoded(head, encoding);
    const small = text.length <= smallBytes;
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
  const found = settled(
    given,
    () =>
      raw
        .map((block, i) => encodingOf(i === 0 ? block : fromLine(block), false))
        .find((encoding) => encoding !== "utf-8") ?? "utf-8",
  );
  // A block in the middle of such a file may begin inside a character; its head is enough.
  if (found !== "utf-8" && found !== "latin-1") raw = raw.slice(0, 1);
  return {
    blocks: raw.map((block) => decoded(block, found)),
    whole: false,
    encoding: found,
    assumed: said(assumed, found, given),
  };
}

/** Text takes so many times the bytes that it has packed, where only the beginning of a file is looked at. */
const unpackedTimes = 4;

/** How many rows a file has, going by the lines of its blocks; `found` are the rows of a file that was looked at as a whole. */
export function guessRows(
  { bytes }: SourceFile,
  { blocks, whole, encoding }: Pick<Sample, "blocks" | "whole" | "encoding">,
  { compression, found }: { readonly compression: Compression; readonly found: number },
): number {
  if (whole) return found;
  let [lines, seen] = [0, 0];
  for (const block of blocks) {
    seen += block.length;
    for (let at = block.indexOf(10); at >= 0; at = block.indexOf(10, at + 1)) lines++;
  }
  const width = encoding.startsWith("utf-16") ? 2 : 1;
  const text = (bytes * (compression === "none" ? 1 : unpackedTimes)) / width;
  return Math.max(found, (text * Math.max(1, lines)) / Math.max(1, seen));
}

const said = (assumed: string[], encoding: Encoding, given: Encoding | undefined): string[] =>
  encoding === "utf-8" || given
    ? assumed
    : [
        ...assumed,
        encoding === "latin-1"
          ? "some bytes are not UTF-8: the text is read as latin-1 (windows-1252; --encoding names another)"
          : `the text is read as ${encoding.toUpperCase()}`,
      ];

/** `utf-16` says that characters have two bytes, and not which comes first. */
function settled(given: Encoding | undefined, find: () => Encoding): Encoding {
  if (given !== undefined && given !== "utf-16") return given;
  const found = find();
  return given === undefined || found.startsWith("utf-16") ? found : "utf-16le";
}

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
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  if (hasBom(bytes)) return "utf-8";
  // Latin letters, digits and line ends have a zero for their upper byte: before them, or behind.
  const head = bytes.subarray(0, 4096);
  const zeros = [0, 0];
  for (let i = 0; i < head.length; i++) if (head[i] === 0) zeros[i & 1]!++;
  const [even = 0, odd = 0] = zeros;
  if (head.length >= 8 && Math.max(even, odd) > head.length / 5 && Math.min(even, odd) < head.length / 20)
    return even > odd ? "utf-16be" : "utf-16le";
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
