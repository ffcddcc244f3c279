import { SluiceError } from "../base/errors.js";
import { type Compression, compressionOf, rawBlocks } from "./csv/bytes.js";
import { encodingOf } from "./jsonl.js";
import type { Format } from "./options.js";

const byEnding: ReadonlyMap<string, Format> = new Map<string, Format>([
  ["csv", "csv"],
  ["tsv", "csv"],
  ["tab", "csv"],
  ["psv", "csv"],
  ["parquet", "parquet"],
  ["pq", "parquet"],
  ["arrow", "arrow"],
  ["feather", "arrow"],
  ["ipc", "arrow"],
  ["jsonl", "jsonl"],
  ["ndjson", "jsonl"],
  ["svm", "libsvm"],
  ["libsvm", "libsvm"],
]);

/** The form of a file: by what it begins with where that is certain, then by its name, then by what its first lines look like. */
export async function formatOf(path: string): Promise<Format> {
  const compression = await compressionOf(path);
  const head = await headOf(path, compression);
  const ending = /\.([a-z0-9]+)(?:\.(?:gz|zst|gzip|zstd))?$/i.exec(path)?.[1]?.toLowerCase() ?? "";
  const named = byEnding.get(ending);
  if (head === undefined) return named ?? "csv";
  const start = head.toString("latin1", 0, 6);
  if (start.startsWith("PAR1") || start.startsWith("PARE")) return "parquet";
  if (start === "ARROW1" || head.subarray(0, 4).equals(Buffer.from([255, 255, 255, 255]))) return "arrow";
  refuseForeign(path, head, compression);
  if (named) return named;
  const text =
    encodingOf(head) === "utf-8"
      ? head.toString("latin1").replace(/^ï»¿/, "")
      : head.toString("latin1").replace(/[\0ÿþ]/g, "");
  if (/^\s*(?:\{\s*["}]|\[\s*(?:\{|\]\s*$))/.test(text)) return "jsonl";
  // A list of something else than rows: refused where it is read.
  if (ending === "json" && /^\s*\[/.test(text)) return "jsonl";
  const lines = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .slice(0, 20);
  if (
    lines.length > 0 &&
    lines.every(
      (line, i) =>
        (i > 0 && i === lines.length - 1) ||
        /^[+-]?[\d.]+(?:[eE][+-]?\d+)?(?:\s+(?:qid|\d+):\S+)+\s*(?:#.*)?$/.test(line),
    )
  )
    return "libsvm";
  return "csv";
}

/** The first bytes of the content, unpacked where it is gzip; undefined for zstd. */
async function headOf(path: string, compression: Compression): Promise<Buffer | undefined> {
  if (compression === "zstd") return undefined;
  for await (const block of rawBlocks(path, compression)) return block.subarray(0, 65_536);
  return Buffer.alloc(0);
}

const bytes = (...values: number[]): string => String.fromCharCode(...values);

/** What other files begin with: [at, with, is, remedy]. */
const foreign: readonly (readonly [at: number, begins: string, is: string, remedy: string])[] = [
  [0, "PK\u0003\u0004", "a zip archive (or a spreadsheet)", "unpack it, or save it as CSV"],
  [0, "PK\u0005\u0006", "an empty zip archive", "name the file that should be in it"],
  [257, "ustar", "a tar archive", "unpack it (tar -xf) and name the files in it"],
  [4, "1AY&SY", "packed with bzip2", "unpack it (bunzip2), or pack it with gzip or zstd"],
  [0, bytes(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0), "packed with xz", "unpack it (unxz), or pack it with gzip or zstd"],
  [0, bytes(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c), "a 7z archive", "unpack it (7z x) and name the files in it"],
  [0, bytes(0x52, 0x61, 0x72, 0x21, 0x1a, 7), "a RAR archive", "unpack it and name the files in it"],
  [0, bytes(0x04, 0x22, 0x4d, 0x18), "packed with LZ4", "unpack it (unlz4), or pack it with gzip or zstd"],
  [0, "LZIP", "packed with lzip", "unpack it, or pack it with gzip or zstd"],
  [0, `${bytes(0xff, 6, 0, 0)}sNaPpY`, "packed with snappy", "unpack it, or pack it with gzip or zstd"],
  [0, bytes(0x1f, 0x9d), "packed with compress", "unpack it (uncompress), or pack it with gzip or zstd"],
  [0, bytes(0x1f, 0x8b), "packed with gzip twice", "unpack it once (gunzip)"],
  [0, bytes(0x28, 0xb5, 0x2f, 0xfd), "packed with zstd and then with gzip", "unpack it once (gunzip)"],
  [0, "FEA1", "a Feather version 1 file", "write it again as Feather 2 (Arrow IPC)"],
  [0, "ORC", "an ORC file", "write it as Parquet"],
  [0, "Obj\u0001", "an Avro file", "write it as Parquet"],
  [0, "SQLite format 3", "an SQLite database", "write its table as CSV or Parquet"],
  [8, "DUCK", "a DuckDB database", "name a table in it, like rides.duckdb:trips"],
  [0, `${bytes(0x89)}HDF`, "an HDF5 file", "write its table as Parquet"],
  [0, `${bytes(0x93)}NUMPY`, "a NumPy array", "write it as Parquet or CSV"],
  [0, bytes(0xd0, 0xcf, 0x11, 0xe0), "a spreadsheet", "save it as CSV"],
  [0, "%PDF-", "a PDF", "save its table as CSV"],
];

/** Refuses what only looks like text by its name: archives, packings that are not read, files of other programs. */
function refuseForeign(path: string, content: Buffer, compression: Compression): void {
  const head = content.toString("latin1", 0, 512);
  // A table may begin with such letters too, but it has no zero bytes.
  for (const [at, begins, is, remedy] of foreign)
    if (head.startsWith(begins, at) && (head.includes("\0") || !/^[A-Za-z0-9 ]+$/.test(begins)))
      throw new SluiceError(
        "unreadable_source",
        `${path} is ${is}${compression === "gzip" && begins === "ustar" ? " packed with gzip" : ""}, which is not read; ${remedy}`,
        { file: path },
      );
}

/** The same for a file whose form is given. */
export async function checkText(path: string): Promise<void> {
  const compression = await compressionOf(path);
  const head = await headOf(path, compression);
  if (head) refuseForeign(path, head, compression);
}
