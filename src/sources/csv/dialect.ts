import type { CsvDialect } from "../scan.js";
import { Cell, Cells, type Cutting, cellText, cutRecord, cuttingOf, isLoose, lineEnd, quotesAstray } from "./cells.js";
import type { Sample } from "./sample.js";
import { beginsNamed, titleRecords } from "./titles.js";
import { isNumberLike, toDate, toReal, toTimestamp } from "./values.js";

export type Form = Pick<CsvDialect, "delimiter" | "quote" | "escape" | "comment" | "skipLines" | "trim">;

/** Records of a sample under a form: those of the first block begin the file. */
export interface Parsed {
  readonly records: readonly (readonly string[])[];
  /** Lines that begin with the comment sign. */
  readonly comments: readonly string[];
  readonly malformed: number;
  /** Records whose quotes stand astray. */
  readonly astray: number;
  readonly runaway: boolean;
  readonly blankBeforeQuote: boolean;
  /** Where quotes in cells stand as they are: records that have such, and cells in which two of them stand together. */
  readonly innerQuotes: number;
  readonly doubledQuotes: number;
  /** The same of " in cells that are quoted with ': two together, and others. */
  readonly pairs: number;
  readonly singles: number;
  /** The first record's quotes stand astray. */
  readonly topAstray: boolean;
}

const delimiters = [",", ";", "\t", "|", " "] as const;
export const delimiterWords: Readonly<Record<string, string>> = {
  ",": "a comma",
  ";": "a semicolon",
  "\t": "a tab",
  "|": "a bar",
  " ": "blanks",
};
const burden: Readonly<Record<string, number>> = { " ": 0.12 };
const looked = 400;

/** Finds how the records are cut, by trying each delimiter and quote and keeping the most regular table. */
export function findForm(sample: Sample, given: Partial<Form>): Form {
  const said = separatorLine(sample);
  const wanted: Partial<Form> = {
    ...(said === undefined || given.skipLines !== undefined
      ? {}
      : { skipLines: said.lines, ...(said.delimiter ? { delimiter: said.delimiter } : {}) }),
    ...given,
  };
  if (given.comment !== undefined || !sample.blocks.some((block) => /(?:^|[\r\n])#/.test(block.toString("latin1"))))
    return bestForm(sample, wanted, given.comment ?? "");
  const form = bestForm(sample, wanted, "#");
  return isCommented(sample, form) ? form : bestForm(sample, wanted, "");
}

function bestForm(sample: Sample, given: Partial<Form>, comment: string): Form {
  let best: { form: Form; score: number } | undefined;
  const backslashed = sample.blocks.some((block) => block.includes('\\"') || block.includes("\\'"));
  const tried = <T>(value: T | undefined, others: readonly T[]): readonly T[] =>
    value === undefined ? others : [value];
  for (const delimiter of tried(given.delimiter, delimiters)) {
    const spaced = delimiter !== " " && sample.blocks.some((block) => block.includes(`${delimiter} `));
    for (const quote of tried(given.quote, ['"', "", "'"]))
      for (const escaping of tried(given.escape, quote !== "" && backslashed ? [quote, "\\"] : [quote]))
        for (const trim of tried(given.trim, spaced ? [false, true] : [false])) {
          const form: Form = { delimiter, quote, escape: escaping, comment, trim, skipLines: given.skipLines ?? 0 };
          const score = scoreOf(parse(sample, form, looked), form);
          if (!best || score > best.score + 1e-9) best = { form, score };
        }
  }
  let { form } = best!;
  if (given.escape === undefined && !isRegular(parse(sample, form, looked)))
    form = innerQuotes(sample, given, comment) ?? form;
  if (given.trim === undefined && form.delimiter !== " " && padded(parse(sample, form, looked)))
    form = { ...form, trim: true };
  if (given.skipLines === undefined) form = { ...form, skipLines: leadingLines(sample, form) };
  return form;
}

/**
 * A form whose quotes inside cells are neither doubled nor escaped (`'it won't do','x'`), where the usual ones cut some
 * rows apart and this one cuts all of them alike. A single row of that kind is a slip, and so is a quote that is doubled
 * elsewhere: those rows are judged one by one.
 */
function innerQuotes(sample: Sample, given: Partial<Form>, comment: string): Form | undefined {
  const quotes = given.quote === undefined ? ['"', "'"] : [given.quote].filter((quote) => quote !== "");
  let found: { form: Form; score: number } | undefined;
  for (const quote of quotes.filter((sign) => sample.blocks.some((block) => block.includes(sign))))
    for (const delimiter of given.delimiter === undefined ? delimiters : [given.delimiter]) {
      const form: Form = {
        delimiter,
        quote,
        escape: "",
        comment,
        trim: given.trim ?? false,
        skipLines: given.skipLines ?? 0,
      };
      const parsed = parse(sample, form, looked);
      if (!isRegular(parsed) || parsed.innerQuotes < 2 || parsed.doubledQuotes > 0) continue;
      const score = scoreOf(parsed, form);
      // Cells that were first quoted with ", and their quotes doubled, and then with '.
      const doubled = quote === "'" && parsed.pairs > 1 && parsed.singles === 0;
      if (!found || score > found.score) found = { form: doubled ? { ...form, escape: '"' } : form, score };
    }
  return found?.form;
}

/** Rows of several cells, each as many, and no quote that leaves a doubt. */
function isRegular({ records, malformed, astray, runaway }: Parsed): boolean {
  const { width, share } = commonWidth(records);
  return records.length > 2 && width > 1 && share === 1 && malformed === 0 && astray === 0 && !runaway;
}

/** Excel's `sep=;` in the first line. */
function separatorLine({ blocks: [first] }: Sample): { lines: number; delimiter: string } | undefined {
  const found = /^"?sep=(\\t|[^\r\n"]?)"?(?:\r\n|\n|\r)/i.exec(first?.toString("latin1", 0, 20) ?? "");
  return found ? { lines: 1, delimiter: found[1] === "\\t" ? "\t" : found[1]! } : undefined;
}

/** Rows that begin with `#` like comments do elsewhere. */
export const hashRows = ({ records }: Parsed, { comment }: Form): number =>
  comment === "#" ? 0 : records.slice(1).filter(([cell]) => cell?.startsWith("#")).length;

/** Lines that begin with `#` are comments where each of them can be nothing else: none has the cells of a row. */
function isCommented(sample: Sample, form: Form): boolean {
  const { records, comments } = parse(sample, form, Number.POSITIVE_INFINITY);
  if (comments.length === 0) return false;
  const { width } = commonWidth(records);
  const cutting = cuttingOf({ ...form, comment: "" });
  if (records.length === 0) return false;
  if (width > 1) return comments.every((line) => cellsOf(line, cutting) !== width);
  // Of a single column anything may be a cell; among numbers a line of words is none.
  return records.slice(1).every(([cell = ""]) => isTyped(cell.trim()));
}

/** The cells of one line by itself. */
export function cellsOf(line: string, cutting: Cutting): number {
  const bytes = Buffer.from(line);
  const cells = new Cells();
  cutRecord(bytes, 0, bytes.length, true, cutting, cells);
  return cells.count;
}

export function parse(sample: Sample, form: Form, perBlock: number): Parsed {
  const cutting = cuttingOf(form);
  const cells = new Cells();
  const records: string[][] = [];
  const comments: string[] = [];
  let [malformed, astray, runaway, blankBeforeQuote, topAstray] = [0, 0, false, false, false];
  let [innerQuotes, doubledQuotes, pairs, singles] = [0, 0, 0, 0];
  for (const [b, block] of sample.blocks.entries()) {
    const final = sample.whole;
    let at = b === 0 ? afterLines(block, form.skipLines) : inStep(block, cutting, commonWidth(records).width);
    if (at < 0) continue;
    for (let n = 0; n < perBlock && at < block.length; ) {
      let next = cutRecord(block, at, block.length, final, cutting, cells);
      // A first record longer than the block still says something.
      if (next < 0 && b === 0 && records.length === 0) next = cutRecord(block, at, block.length, true, cutting, cells);
      if (next < 0) {
        if (block.length - at > block.length / 2 && block.length > 4096) runaway = true;
        break;
      }
      if (cells.unterminated) {
        malformed++;
        if (next - at > block.length / 4) runaway = true;
      }
      if (block[at] === cutting.comment) comments.push(block.toString("utf8", at, next).replace(/[\r\n]+$/, ""));
      at = next;
      if (cells.blank) continue;
      if (quotesAstray(block, cells, cutting)) {
        astray++;
        if (records.length === 0) topAstray = true;
      }
      const record: string[] = [];
      for (let i = 0; i < cells.count; i++) {
        const text = cellText(block, cells, i, cutting);
        if (isLoose(block, cells, i, cutting.quote)) malformed++;
        if (
          cells.kind[i] === Cell.plain &&
          form.quote !== "" &&
          text.startsWith(" ") &&
          text.trimStart().startsWith(form.quote)
        )
          blankBeforeQuote = true;
        if (form.escape === "" && cells.kind[i] === Cell.quoted) {
          if (text.slice(0, -1).includes(form.quote + form.quote)) doubledQuotes++;
          if (form.quote === "'") for (const [run] of text.matchAll(/"+/g)) run.length % 2 === 0 ? pairs++ : singles++;
        }
        record.push(text);
      }
      if (form.escape === "" && hasInnerQuote(record, cells, form.quote)) innerQuotes++;
      records.push(record);
      n++;
    }
  }
  return {
    records,
    comments,
    malformed,
    astray,
    runaway,
    blankBeforeQuote,
    innerQuotes,
    doubledQuotes,
    pairs,
    singles,
    topAstray,
  };
}

const hasInnerQuote = (record: readonly string[], { kind }: Cells, quote: string): boolean =>
  record.some((text, i) => kind[i] === Cell.quoted && text.includes(quote));

const stepRecords = 5;

/**
 * Where a record begins in a block from the middle of a file, which may stand inside a quoted cell: the first line from
 * which on some records have the cells that records have, without a quote astray. -1 where there is none.
 */
function inStep(block: Buffer, cutting: Cutting, width: number): number {
  const cells = new Cells();
  for (let begin = lineEnd(block, 0, block.length, false); begin >= 0 && begin < block.length; ) {
    let [at, good] = [begin, 0];
    while (good < stepRecords && at < block.length) {
      const next = cutRecord(block, at, block.length, false, cutting, cells);
      if (next < 0) break;
      if (!cells.blank && (cells.count !== width || cells.unterminated || hasStray(block, cells, cutting))) {
        good = -1;
        break;
      }
      if (!cells.blank) good++;
      at = next;
    }
    if (good === stepRecords) return begin;
    begin = lineEnd(block, begin, block.length, false);
  }
  return -1;
}

/** A quote where none belongs: inside a cell that does not begin with one, or before text. */
function hasStray(block: Buffer, cells: Cells, { quote }: Cutting): boolean {
  if (quote === -1) return false;
  for (let i = 0; i < cells.count; i++) {
    const [from, to] = [cells.start[i]!, cells.end[i]!];
    if (
      cells.kind[i] === Cell.plain
        ? block.subarray(from, to).includes(quote)
        : block[from] === quote && block[from - 1] !== quote
    )
      return true;
  }
  return false;
}

/** The first lines of a sample, as they stand. */
export function topLines({ blocks: [block = Buffer.alloc(0)] }: Sample, count: number): string[] {
  const lines: string[] = [];
  for (let at = 0; lines.length < count && at < block.length; ) {
    const next = lineEnd(block, at, block.length, true);
    lines.push(block.toString("utf8", at, next).replace(/[\r\n]+$/, ""));
    at = next;
  }
  return lines;
}

export function afterLines(block: Buffer, lines: number): number {
  let at = 0;
  for (let i = 0; i < lines && at >= 0; i++) at = lineEnd(block, at, block.length, true);
  return at;
}

/** The number of cells that most records have. */
export function commonWidth(records: readonly (readonly string[])[]): { width: number; share: number } {
  const counts = new Map<number, number>();
  for (const { length } of records) counts.set(length, (counts.get(length) ?? 0) + 1);
  let [width, most] = [1, 0];
  for (const [length, count] of counts)
    if (count > most || (count === most && length > width)) [width, most] = [length, count];
  return { width, share: records.length === 0 ? 0 : most / records.length };
}

function scoreOf({ records, malformed, runaway }: Parsed, { delimiter, quote, trim }: Form): number {
  if (records.length === 0) return runaway ? -1 : 0;
  const { width, share } = commonWidth(records);
  const cells = records.slice(0, 200).flat();
  const typed = cells.filter((cell) => isTyped(cell.trim())).length / Math.max(1, cells.length);
  const split = width > 1 ? 0.5 + 0.02 * Math.min(width, 15) : 0;
  const first = records[0]!.length === width ? 0.05 : 0;
  // Cells that stand in quotes of the other kind.
  const strays = quote === '"' ? [/^\s*'.*'\s*$/s] : quote === "'" ? [/^\s*".*"\s*$/s] : [/^\s*(["']).*\1\s*$/s];
  const halves = quote !== '"' ? records.slice(0, 200).flatMap(halfQuoted).length : 0;
  const stray =
    (halves + cells.filter((cell) => strays.some((one) => one.test(cell))).length) / Math.max(1, cells.length);
  return (
    share * (0.4 + split) +
    0.25 * typed +
    first -
    2 * Math.min(0.5, malformed / records.length) -
    (malformed > 0 ? 0.05 : 0) -
    (runaway ? 0.4 : 0) -
    0.8 * stray -
    (burden[delimiter] ?? 0) -
    (trim ? 0.015 : 0) -
    (quote === "" ? 0.01 : quote === "'" ? 0.02 : 0)
  );
}

/** Cells of a record that together are one in quotes, cut in two. */
function halfQuoted(record: readonly string[]): string[] {
  const opens = record.filter((cell) => /^\s*"[^"]*$/.test(cell));
  const closes = record.filter((cell) => /^[^"]*"\s*$/.test(cell) && !/^\s*"/.test(cell));
  return opens.length > 0 && opens.length === closes.length ? [...opens, ...closes] : [];
}

const dates = ["dmy", "mdy", "ymd"].flatMap((order) => [
  toDate(order),
  toTimestamp(order, false),
  toTimestamp(order, true),
]);
const isTyped = (cell: string): boolean =>
  cell === "" ||
  toReal(cell) !== undefined ||
  isNumberLike(cell) ||
  (/^\d/.test(cell) && dates.some((read) => read(cell) !== undefined)) ||
  /^(true|false|NA)$/i.test(cell);

function padded({ records, blankBeforeQuote }: Parsed): boolean {
  if (blankBeforeQuote) return true;
  const cells = records
    .slice(0, 400)
    .flatMap((record) => record.slice(1))
    .filter((cell) => cell.trim() !== "");
  return cells.length > 0 && cells.filter((cell) => cell !== cell.trim()).length > 0.2 * cells.length;
}

/** Titles and notes above the table: lines with another number of cells, or records that name nothing, before the first of the common number. */
function leadingLines(sample: Sample, form: Form): number {
  const head: Sample = { ...sample, blocks: sample.blocks.slice(0, 1) };
  const { records } = parse(head, form, 200);
  const { width, share } = commonWidth(records.slice(Math.min(30, records.length >> 1)));
  if (width < 2 || share < 0.6) return 0;
  const above = titleRecords(records, width);
  const cutting = cuttingOf(form);
  const cells = new Cells();
  const block = sample.blocks[0]!;
  // Blank lines and comments behind the last title are left out anyway.
  let [at, skipped, titles, index] = [0, 0, 0, 0];
  while (at < block.length && skipped < 30) {
    const next = cutRecord(block, at, block.length, sample.whole, cutting, cells);
    if (next < 0) return 0;
    if (!cells.blank) {
      if (index >= above) {
        if (cells.count >= width) return titles;
        // One cell less is a header without a name for its first column, or without the delimiter that ends each row.
        if (cells.count === width - 1 && cells.count > 1 && !beginsNamed(records.slice(index + 1), width))
          return titles;
      }
      index++;
    }
    skipped += lineCount(block, at, next);
    if (!cells.blank) titles = skipped;
    at = next;
  }
  return 0;
}

function lineCount(block: Buffer, from: number, to: number): number {
  let lines = 0;
  for (let at = from; at < to; lines++) at = lineEnd(block, at, to, true);
  return lines;
}
