import { SluiceError } from "../base/errors.js";
import { type Column, int64, real, type Schema } from "../base/schema.js";
import { compressionOf, utf8Blocks } from "./csv/bytes.js";
import { toInt64, toReal } from "./csv/values.js";
import { unpacked } from "./csv.js";
import { lines } from "./jsonl.js";
import type { SourceOptions } from "./options.js";
import { keepAside, type Record } from "./records.js";
import type { SourceFile, TextScan } from "./scan.js";

const widest = 2000;
const fields = /\s(\d+):(\S+)/g;

/** A scan of LIBSVM files as dense columns: `label`, then `f1` to `fN`, 0 where a row names no value. */
export async function libsvm(files: readonly SourceFile[], options: SourceOptions): Promise<TextScan> {
  let width = 0;
  let low = 1;
  let whole = true;
  let rows = 0;
  for (const file of files) {
    const compression = await compressionOf(file.path);
    const path = compression === "zstd" ? await unpacked(file, options) : file.path;
    for await (const line of lines(
      utf8Blocks(path, { compression: compression === "zstd" ? "none" : compression, encoding: "utf-8" }),
    )) {
      const text = line.split("#", 1)[0]!;
      if (text.trim() === "") continue;
      rows++;
      if (whole && toInt64(text.trim().split(/\s/, 1)[0]!) === undefined) whole = false;
      for (const [, index] of text.matchAll(fields)) {
        width = Math.max(width, Number(index));
        low = Math.min(low, Number(index));
      }
    }
  }
  if (rows === 0)
    throw new SluiceError("empty_source", `${files[0]?.path} has no rows; a line like "1 3:0.5 7:1" is needed`, {
      file: files[0]?.path,
    });
  if (width > widest)
    throw new SluiceError(
      "unreadable_source",
      `${files[0]!.path} has features up to number ${width}; up to ${widest} are read as columns, sparse tables of more are not read yet`,
      { file: files[0]!.path, features: width },
    );
  for (const name of options.needed ?? []) {
    const index = Number(/^f(\d+)$/.exec(name)?.[1] ?? Number.NaN);
    if (index <= widest) [low, width] = [Math.min(low, index), Math.max(width, index)];
  }
  const columns: Column[] = [{ name: "label", type: whole ? int64 : real }];
  for (let i = low; i <= width; i++) columns.push({ name: `f${i}`, type: real });
  return { format: "libsvm", files, schema: { columns }, assumed: ["a feature that a row does not name is 0"] };
}

export function* libsvmRecord(line: string, schema: Schema): Generator<Record> {
  const text = line.split("#", 1)[0]!.trim();
  if (text === "") return;
  const [label = "", ...pairs] = text.split(/\s+/);
  const bad = (value: string, problem: string): Record => ({
    raw: line,
    bad: { value, problem, remedy: `A line is a label and index:value pairs, like "1 3:0.5 7:1"; ${keepAside}` },
  });
  if ((schema.columns[0]!.type.kind === "int64" ? toInt64 : toReal)(label) === undefined)
    return yield bad(label, "is not a label");
  const cells: string[] = new Array(schema.columns.length).fill("0");
  cells[0] = label;
  const low = Number(schema.columns[1]?.name.slice(1) ?? 1);
  for (const pair of pairs) {
    const colon = pair.indexOf(":");
    const index = Number(pair.slice(0, colon));
    const value = pair.slice(colon + 1);
    if (pair.startsWith("qid:")) continue;
    if (colon < 1 || !Number.isInteger(index) || index < low || toReal(value) === undefined)
      return yield bad(pair, "is not an index:value pair");
    cells[index - low + 1] = value;
  }
  yield { cells };
}
