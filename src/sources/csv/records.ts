import { isUtf8 } from "node:buffer";
import { type Column, type Reading, type Type, typeName } from "../../base/schema.js";
import { keepAside, type Problem, problemText, type Record } from "../records.js";
import type { CsvDialect } from "../scan.js";
import { Cells, cellText, cutRecord, cuttingOf, isNameAgain, lineEnd, quotesAstray, saysNothing } from "./cells.js";
import { cellsOf } from "./dialect.js";
import { knownMissing } from "./guess.js";
import { type Convert, convertTo, isCode } from "./values.js";

/** The longest record that is held in memory: a quote that never closes is told from a long cell by it. */
export const longestRecord = 64 * 1024 * 1024;

/** Where a file's columns stand: for each column of the schema its cell, and the cells of a whole record. */
export interface Layout {
  readonly columns: readonly Column[];
  readonly order: readonly number[];
  readonly width: number;
  /** The cells of the header line: files that were put together have it in their middle as well. */
  readonly header?: readonly string[];
  /** The same line as its bytes, without its end. */
  readonly headerLine?: Buffer;
}

export interface CsvReading {
  /** Columns whose types were given; the others were found out, and what contradicts them is told as such. */
  readonly given?: readonly string[];
  /** A cell that does not convert is missing, and its row says why. */
  readonly badCells?: "error";
  /** All rows were looked at before, so that what contradicts a type is wrong. */
  readonly surveyed?: boolean;
}

/** Lines that are read without being rows. */
export interface Passed {
  comments: number;
}

type Kind = Type["kind"];
const articles: Readonly<Partial<{ [K in Kind]: string }>> = {
  int64: "a whole number",
  real: "a number",
  bool: "true or false",
  date: "a date",
  timestamp: "a time",
};

/** Whole numbers of a column that is known to have them; 1.0 is 1, as other programs write it. */
function wholeOf(read: Reading | undefined): Convert {
  const [whole, real] = [convertTo({ kind: "int64" }, read), convertTo({ kind: "real" }, read)];
  return (cell) => {
    const found = whole(cell);
    if (found !== undefined) return found;
    const number = Number(real(cell));
    return Number.isSafeInteger(number) ? String(number) : undefined;
  };
}

/** Reads a CSV cell by cell, judging each by its column's type: what is not plain, or does not fit, comes this way. */
export function csvReader(
  dialect: CsvDialect,
  { columns, order, width, header }: Layout,
  { given = [], badCells, surveyed }: CsvReading = {},
  passed: Passed = { comments: 0 },
): (bytes: Buffer, final: boolean, each: (record: Record) => void) => number {
  const cutting = cuttingOf(dialect);
  const asRow = cuttingOf({ ...dialect, comment: "" });
  const cells = new Cells();
  const missing = columns.map(({ read }) => new Set<string>(read?.missing ?? knownMissing));
  const converts: Convert[] = columns.map(({ name, type, read }) =>
    type.kind === "int64" && given.includes(name) ? wholeOf(read) : convertTo(type, read),
  );
  const isText = columns.map(({ type }) => type.kind === "text");
  const isGiven = columns.map(({ name }) => given.includes(name));
  const repeatsHeader = header !== undefined && (width > 1 || !isText[0]);

  const misfit = (c: number, text: string): Problem => {
    const { name, type, read } = columns[c]!;
    const trimmed = text.trim();
    const kind = articles[type.kind] ?? typeName(type);
    const code = !isGiven[c] && isCode(trimmed);
    const right =
      type.kind === "int64" && !code && convertTo({ kind: "real" }, read)(trimmed) !== undefined ? "real" : "text";
    // Digits alone may be a day all the same: 20240131.
    const isTime = type.kind === "date" || type.kind === "timestamp";
    const dates =
      isTime && /\d/.test(trimmed) ? "--date-format says how its dates are written (dmy, mdy, %Y%m%d, ...), " : "";
    const otherwise = code
      ? `--type ${name}=${typeName(type)} takes this for a number`
      : `--missing ${JSON.stringify(trimmed)} takes this for missing`;
    return {
      column: name,
      value: text,
      problem: isGiven[c]
        ? `is not ${kind}`
        : `is ${code ? "a code and no number" : `not ${typeName(type)}`}, which the cells seen before made ${code ? `${typeName(type)} ` : ""}of this column`,
      remedy: `${dates}--type ${name}=${right} reads the column as ${right}, ${otherwise}; ${keepAside}`,
      ...(isGiven[c] ? {} : { contradicts: true as const }),
    };
  };

  const read = (bytes: Buffer, from: number, to: number, wholeUtf8: boolean): Record => {
    const raw = (): string => bytes.toString("utf8", from, to).replace(/(?:\r\n|\n|\r)$/, "");
    const refuse = (bad: Problem): Record => ({ bad, raw: raw() });
    const begins = (): string => bytes.toString("utf8", from, Math.min(to, from + 80)).trim();
    if (!wholeUtf8 && !isUtf8(bytes.subarray(from, to)))
      return refuse({
        value: bytes.toString("utf8", from, Math.min(to, from + 80)),
        problem: "has bytes that are not UTF-8",
        remedy: `--encoding latin-1 reads them as Western European text; ${keepAside}`,
      });
    if (!dialect.loose && quotesAstray(bytes, cells, cutting))
      return refuse({
        value: begins(),
        problem: `has a quote (${dialect.quote}) that opens or closes no cell`,
        remedy: `Mend the line, or let --quoting '${dialect.quote}' take such quotes for text; ${keepAside}`,
      });
    let count = cells.count;
    if (count === dialect.cells) while (count > width && saysNothing(bytes, cells, count - 1)) count--;
    if (
      repeatsHeader &&
      cells.count === header.length &&
      header.every((name, i) => isNameAgain(cellText(bytes, cells, i, cutting), name, i))
    )
      return refuse({
        value: begins(),
        problem: "is the header line again, as where files were put together",
        remedy: "It is set aside",
        harmless: true,
      });
    let error: string | undefined;
    if (count !== width) {
      const bad: Problem = {
        value: begins(),
        problem: `has ${count} ${count === 1 ? "cell" : "cells"} where ${width} are`,
        remedy: `${begins().startsWith("#") && dialect.comment === "" ? "--comment '#' takes such lines for comments; " : ""}Mend the line, or name the form with --delimiter and --quoting; ${keepAside}`,
      };
      if (badCells !== "error") return refuse(bad);
      error = problemText(bad);
    }
    const shifted = error !== undefined;
    const out: (string | null)[] = new Array(columns.length);
    for (let c = 0; c < columns.length; c++) {
      const i = order[c]!;
      if (shifted || cells.end[i]! <= cells.start[i]!) {
        out[c] = null;
        continue;
      }
      const text = cellText(bytes, cells, i, cutting);
      const trimmed = text.trim();
      if (trimmed === "" && (!isText[c] || dialect.trim)) out[c] = null;
      else if (missing[c]!.has(isText[c] && !dialect.trim ? text : trimmed)) out[c] = null;
      else if (isText[c]) out[c] = text;
      else {
        const value = !isGiven[c] && isCode(trimmed) ? undefined : converts[c]!(trimmed);
        if (value === undefined) {
          const bad = misfit(c, text);
          if (badCells !== "error" || (bad.contradicts && !surveyed)) return refuse(bad);
          error ??= problemText(bad);
        }
        out[c] = value ?? null;
      }
    }
    return error === undefined ? { cells: out } : { cells: out, error };
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
            remedy: `Close it, or turn quoting off with --quoting none; ${keepAside}`,
          },
        });
      } else if (!cells.blank) each(read(bytes, at, next, wholeUtf8));
      else if (bytes[at] === cutting.comment) {
        const line = bytes.toString("utf8", at, next).replace(/[\r\n]+$/, "");
        if (dialect.commentFound && width > 1 && cellsOf(line, asRow) === width)
          each({
            raw: line,
            bad: {
              value: line.slice(0, 80),
              problem: `begins with ${dialect.comment} like the comments before it, and has the cells of a row`,
              remedy: `--comment '${dialect.comment}' takes it for a comment, --comment none such lines for rows; ${keepAside}`,
            },
          });
        else passed.comments++;
      }
      at = next;
    }
    return at;
  };
}
