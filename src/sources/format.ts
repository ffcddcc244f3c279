import { SluiceError } from "../base/errors.js";
import { compressionOf, rawBlocks } from "./csv/bytes.js";
import type { Format } from "./options.js";

const byEnding: Readonly<Record<string, Format>> = {
  csv: "csv",
  tsv: "csv",
  tab: "csv",
  psv: "csv",
  parquet: "parquet",
  pq: "parquet",
  arrow: "arrow",
  feather: "arrow",
  ipc: "arrow",
  jsonl: "jsonl",
  ndjson: "jsonl",
  svm: "libsvm",
  libsvm: "libsvm",
};

/** The form of a file: by what it begins with where that is certain, then by its name, then by what its first lines look like. */
export async function formatOf(path: string): Promise<Format> {
  const compression = await compressionOf(path);
  const ending = /\.([a-z0-9]+)(?:\.(?:gz|zst|gzip|zstd))?$/i.exec(path)?.[1]?.toLowerCase() ?? "";
  const named = byEnding[ending];
  if (compression === "zstd") return named ?? "csv";
  let head: Buffer = Buffer.alloc(0);
  for await (const block of rawBlocks(path, compression)) {
    head = block.subarray(0, 65_536);
    break;
  }
  const start = head.toString("latin1", 0, 6);
  if (start.startsWith("PAR1") || start.startsWith("PARE")) return "parquet";
  if (start === "ARROW1" || head.subarray(0, 4).equals(Buffer.from([255, 255, 255, 255]))) return "arrow";
  if (named) return named;
  if (start.startsWith("FEA1"))
    throw new SluiceError(
      "unreadable_source",
      `${path} is a Feather version 1 file, which is not read; write it again as Feather 2 (Arrow IPC)`,
      { file: path },
    );
  if (start.startsWith("PK\u0003\u0004"))
    throw new SluiceError(
      "unreadable_source",
      `${path} is a zip archive (or a spreadsheet); unpack it, or save it as CSV`,
      { file: path },
    );
  const lines = head
    .toString("latin1")
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .slice(0, 20);
  if (lines[0]?.trimStart().startsWith("{")) return "jsonl";
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
