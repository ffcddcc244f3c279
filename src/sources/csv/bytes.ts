import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { SluiceError } from "../../base/errors.js";
import { fileError, readAt } from "../files.js";
import type { CsvDialect } from "../scan.js";

export type Compression = CsvDialect["compression"];
/** `utf-8`, `latin-1` (windows-1252), or another name of TextDecoder. */
export type Encoding = string;

/**
 * A file's text from byte `from` of it on, unpacked, in UTF-8 and without a BOM. Bytes that are not UTF-8 in a file that
 * should be pass as they are. With `reuse`, a block is valid only until the next one is asked for.
 */
export async function* utf8Blocks(
  path: string,
  {
    compression,
    encoding,
    from = 0,
    piece = false,
    reuse = false,
  }: {
    readonly compression: Compression;
    readonly encoding: Encoding;
    readonly from?: number;
    /** A piece of a file: a byte order mark where it begins is part of its first cell. */
    readonly piece?: boolean;
    readonly reuse?: boolean;
  },
): AsyncGenerator<Buffer> {
  const seek = compression === "none" && encoding === "utf-8" && from > 0;
  const bom = seek && hasBom(await readAt(path, 0, 3)) ? 3 : 0;
  let skip = seek ? 0 : from;
  let first = !seek && !piece;
  const transcode = transcoder(encoding);
  for await (const raw of reuse && compression === "none"
    ? oneBuffer(path, seek ? from + bom : 0)
    : rawBlocks(path, compression, seek ? from + bom : 0)) {
    let block = transcode(raw);
    if (first && block.length > 0) {
      if (hasBom(block)) block = block.subarray(3);
      first = false;
    }
    const cut = Math.min(skip, block.length);
    skip -= cut;
    if (block.length > cut) yield block.subarray(cut);
  }
}

export const hasBom = (bytes: Uint8Array): boolean => bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;

/** By the first bytes: names lie more often. */
export async function compressionOf(path: string): Promise<Compression> {
  let head = await readAt(path, 0, 8);
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  // Frames that carry no content may stand before the first that does.
  for (let at = 0; head.length === 8 && (head.readUInt32LE(0) & ~0xf) === 0x184d2a50; head = await readAt(path, at, 8))
    at += 8 + head.readUInt32LE(4);
  return head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528 ? "zstd" : "none";
}

async function* oneBuffer(path: string, from: number): AsyncGenerator<Buffer> {
  const block = Buffer.allocUnsafe(1 << 18);
  const file = await open(path, "r");
  try {
    for (let at = from; ; ) {
      const { bytesRead } = await file.read(block, 0, block.length, at);
      if (bytesRead === 0) return;
      yield block.subarray(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** The unpacked bytes of a file; a broken archive is `unreadable_source`. */
export async function* rawBlocks(path: string, compression: Compression, from = 0): AsyncGenerator<Buffer> {
  const packed = createReadStream(path, { highWaterMark: 1 << 18, start: from });
  try {
    if (compression !== "gzip") {
      yield* packed as AsyncIterable<Buffer>;
      return;
    }
    const unpacked = createGunzip({ chunkSize: 1 << 18 });
    packed.once("error", (error) => unpacked.destroy(error));
    packed.pipe(unpacked);
    yield* unpacked as AsyncIterable<Buffer>;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code.startsWith("Z_"))
      throw new SluiceError(
        "unreadable_source",
        `${path} is not a whole gzip file (${(error as Error).message}); "gzip -t" tells the same, a new download or copy would be right`,
        { file: path },
        { cause: error },
      );
    throw await fileError(path, error);
  } finally {
    packed.destroy();
  }
}

/** Turns a file's bytes into UTF-8, block by block. */
export function transcoder(encoding: Encoding): (raw: Buffer) => Buffer {
  if (encoding === "utf-8") return (raw) => raw;
  if (encoding === "latin-1")
    return (raw) =>
      Buffer.from(raw.toString("latin1").replace(/[\x80-\x9f]/g, (c) => windows1252[c.charCodeAt(0) - 0x80]!));
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  return (raw) => {
    // A mark at the beginning says more than a name does.
    decoder ??= new TextDecoder(/^utf-16/.test(encoding) ? (byteOrder(raw) ?? encoding) : encoding);
    return Buffer.from(decoder.decode(raw, { stream: true }));
  };
}

const byteOrder = ([a, b]: Buffer): string | undefined =>
  a === 0xfe && b === 0xff ? "utf-16be" : a === 0xff && b === 0xfe ? "utf-16le" : undefined;

/** The encodings that Node decodes, by the names of the WHATWG standard. */
const encodings = [
  ...["utf-8", "utf-16le", "utf-16be", "latin-1"],
  ...["windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254", "windows-1255", "windows-1256"],
  ...["windows-1257", "windows-1258", "windows-874", "iso-8859-2", "iso-8859-3", "iso-8859-4", "iso-8859-5"],
  ...["iso-8859-6", "iso-8859-7", "iso-8859-8", "iso-8859-10", "iso-8859-13", "iso-8859-14", "iso-8859-15"],
  ...["iso-8859-16", "koi8-r", "koi8-u", "ibm866", "macintosh", "x-mac-cyrillic", "gbk", "gb18030", "big5"],
  ...["euc-jp", "iso-2022-jp", "shift_jis", "euc-kr"],
];

/** An encoding by any name it goes by; a word that is none is refused with those that are. */
export function encodingNamed(name: string): Encoding {
  const word = name.trim().toLowerCase();
  if (/^(?:latin-?1|iso-?8859-?1|windows-?1252|cp-?1252|ansi)$/.test(word)) return "latin-1";
  try {
    const label = word.replace(/^cp-?(125\d|874)$/, "windows-$1").replace(/^utf-?16(le|be)?$/, "utf-16$1");
    // The standard takes "utf-16" for little-endian; a file may still say otherwise by its mark.
    return label === "utf-16" ? label : new TextDecoder(label).encoding;
  } catch {
    throw new SluiceError(
      "usage",
      `--encoding ${name}: there is no such encoding; there are ${encodings.filter(isDecoded).join(", ")}`,
      { value: name },
    );
  }
}

function isDecoded(name: string): boolean {
  if (name === "latin-1") return true;
  try {
    return new TextDecoder(name) !== undefined;
  } catch {
    return false;
  }
}

// What files called latin-1 are written in; where latin-1 has control characters. Node 20's TextDecoder("windows-1252")
// gives these characters when it streams and control characters when it does not.
const windows1252 = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";
