import { isUtf8 } from "node:buffer";
import { type Column, typeName } from "../../base/schema.js";
import { keepAside, type Problem, type Record } from "../records.js";
import type { CsvDialect } from "../scan.js";
import { Cells, cellText, cutRecord, cuttingOf, lineEnd } from "./cells.js";
import { type Convert, convertTo } from "./values.js";

/** The longest record that is held in memory: a quote that never closes is told from a long cell by it. */
export const longestRecord = 64 * 1024 * 1024;

/** Where a file's columns stand: for each column of the schema its cell, and the cells of a whole record. */
export interface Layout {
  readonly columns: readonly Column[];
  readonly order: readonly number[];
  readonly width: number;
}

/** Reads a CSV cell by cell, judging each by its column's type: what is not plain, or does not fit, comes this way. */
export function csvReader(
  dialect: CsvDialect,
  { columns, order, width }: Layout,
): (bytes: Buffer, final: boolean, each: (record: Record) => void) => number {
  const cutting = cuttingOf(dialect);
  const cells = new Cells();
  const missing = new Set(dialect.missing);
  const converts: Convert[] = columns.map(({ type }) => convertTo(type, dialect));
  const isText = columns.map(({ type }) => type.kind === "text");

  const read = (bytes: Buffer, from: number, to: number, wholeUtf8: boolean): Record => {
    const refuse = (bad: Problem): Record => ({
      bad,
      raw: bytes.toString("utf8", from, to).replace(/(?:\r\n|\n|\r)$/, ""),
    });
    if (!wholeUtf8 && !isUtf8(bytes.subarray(from, to)))
      return refuse({
        value: bytes.toString("utf8", from, Math.min(to, from + 80)),
        problem: "has bytes that are not UTF-8",
        remedy: `--encoding latin-1 reads them as Western European text; ${keepAside}`,
      });
    let count = cells.count;
    while (count > width && cells.end[count - 1]! <= cells.start[count - 1]!) count--;
    if (count !== width)
      return refuse({
        value: bytes.toString("utf8", from, Math.min(to, from + 80)).trim(),
        problem: `has ${count} ${count === 1 ? "cell" : "cells"} where ${width} are`,
        remedy: `Mend the line, or name the form with --delimiter and --quote; ${keepAside}`,
      });
    const out: (string | null)[] = new Array(columns.length);
    for (let c = 0; c < columns.length; c++) {
      const i = order[c]!;
      if (cells.end[i]! <= cells.start[i]!) {
        out[c] = null;
        continue;
      }
      const text = cellText(bytes, cells, i, cutting);
      const trimmed = text.trim();
      if (trimmed === "" && (!isText[c] || dialect.trim)) out[c] = null;
      else if (missing.has(isText[c] && !dialect.trim ? text : trimmed)) out[c] = null;
      else if (isText[c]) out[c] = text;
      else {
        const value = converts[c]!(trimmed);
        if (value === undefined) {
          const { name, type } = columns[c]!;
          const right =
            type.kind === "int64" && convertTo({ kind: "real" }, dialect)(trimmed) !== undefined ? "real" : "text";
          return refuse({
            column: name,
            value: text,
            problem: `is not ${typeName(type)}, which the cells seen before made of this column`,
            remedy: `--type ${name}=${right} reads the column as ${right}, --missing ${JSON.stringify(trimmed)} takes this for missing; ${keepAside}`,
          });
        }
        out[c] = value;
      }
    }
    return { cells: out };
  };

  return (bytes, final, each) => {
    const wholeUtf8 = isUtf8(bytes);
    let at = 0;
    while (at < bytes.length) {
      let next = cutRecord(bytes, at, bytes.length, final, cutting, cells);
      const endless = next < 0 && bytes.length - at > longestRecord;
      if (next < 0 && !endless) break;
      if (cells.unterminated || endless) {
        // Only the line with the open quote is lost; what follows is read as if the quote were not there.
        next = lineEnd(bytes, at, bytes.length, true);
        each({
          raw: bytes.toString("utf8", at, Math.min(next, at + 10_000)).replace(/(?:\r\n|\n|\r)$/, ""),
          bad: {
            value: bytes.toString("utf8", at, Math.min(next, at + 80)).trim(),
            problem: `has a quote (${dialect.quote}) that opens a cell and is not closed`,
            remedy: `Close it, or turn quoting off with --quote none; ${keepAside}`,
          },
        });
      } else if (!cells.blank) each(read(bytes, at, next, wholeUtf8));
      at = next;
    }
    return at;
  };
}
