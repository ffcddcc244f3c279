import { SluiceError } from "../base/errors.js";
import { type Column, int64, real, type Schema } from "../base/schema.js";
import { compressionOf, utf8Blocks } from "./csv/bytes.js";
import { toInt64, toReal } from "./csv/values.js";
import { unpacked } from "./csv.js";
import { lines } from "./json/split.js";
import type { SourceOptions } from "./options.js";
import { keepAside, type Record } from "./records.js";
import type { SourceFile, TextScan } from "./scan.js";

const widest = 2000;
const fields = /\s(\d+):(\S+)/g;
const query = /\sqid:(\S+)/;

/** A scan of LIBSVM files as dense columns: `label`, `qid` where lines name their query, then `f1` to `fN`, 0 where a row names no value. */
export async function libsvm(files: readonly SourceFile[], options: SourceOptions): Promise<TextScan> {
  let width = 0;
  let low = 1;
  let whole = true;
  let rows = 0;
  let queries: Column["type"] | undefined = options.needed?.includes("qid") ? int64 : undefined;
  for (const file of files) {
    const compression = await compressionOf(file.path);
    const path = compression === "zstd" ? await unpacked(file, options) : file.path;
    for await (const line of lines(
      utf8Blocks(path, { compression: compression === "zstd" ? "none" : compression, encoding: "utf-8" }),
      file.path,
    )) {
      const text = line.split("#", 1)[0]!;
      if (text.trim() === "") continue;
      rows++;
      if (whole && toInt64(text.trim().split(/\s/, 1)[0]!) === undefined) whole = false;
      const [, qid] = query.exec(text) ?? [];
      if (qid !== undefined)
        queries = toInt64(qid) !== undefined && (queries?.kind ?? "int64") === "int64" ? int64 : { kind: "text" };
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
  if (queries) columns.push({ name: "qid", type: queries });
  for (let i = low; i <= width; i++) columns.push({ name: `f${i}`, type: real });
  return {
    format: "libsvm",
    files,
    schema: { columns },
    assumed: [
      "a feature that a row does not name is 0",
      ...(queries
        ? ['the query of each row (qid) is column "qid"; --group qid keeps the rows of one query together']
        : []),
    ],
  };
}

/** What turns one line into a record of the schema. */
export function libsvmReader({ columns }: Schema): (line: string) => Record | undefined {
  const places = new Map(columns.map(({ name }, i) => [name, i]));
  const queries = places.get("qid");
  const asLabel = columns[0]!.type.kind === "int64" ? toInt64 : toReal;
  const asQuery = queries !== undefined && columns[queries]!.type.kind === "int64" ? toInt64 : (qid: string) => qid;
  return (line) => {
    const text = line.split("#", 1)[0]!.trim();
    if (text === "") return undefined;
    const [label = "", ...pairs] = text.split(/\s+/);
    const bad = (value: string, problem: string): Record => ({
      raw: line,
      bad: { value, problem, remedy: `A line is a label and index:value pairs, like "1 3:0.5 7:1"; ${keepAside}` },
    });
    if (asLabel(label) === undefined) return bad(label, "is not a label");
    const cells: (string | null)[] = new Array(columns.length).fill("0");
    cells[0] = label;
    if (queries !== undefined) cells[queries] = null;
    const given = new Set<number>();
    for (const pair of pairs) {
      const colon = pair.indexOf(":");
      const [index, value] = [pair.slice(0, colon), pair.slice(colon + 1)];
      const isQuery = index === "qid";
      const place = isQuery ? queries : /^\d+$/.test(index) ? places.get(`f${Number(index)}`) : undefined;
      if (place === undefined || (isQuery ? asQuery(value) : toReal(value)) === undefined)
        return bad(pair, isQuery ? "is not a query that a row of the sample had" : "is not an index:value pair");
      if (given.has(place)) return bad(pair, "gives a second value for its index");
      given.add(place);
      cells[place] = value;
    }
    return { cells };
  };
}
