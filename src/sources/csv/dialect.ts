import type { CsvDialect } from "../scan.js";
import { Cell, Cells, type Cutting, cellText, cutRecord, cuttingOf, lineEnd } from "./cells.js";
import { hasHeader } from "./columns.js";
import type { Sample } from "./sample.js";
import { isNumberLike, toDate, toReal, toTimestamp } from "./values.js";

export type Form = Pick<CsvDialect, "delimiter" | "quote" | "escape" | "comment" | "skipLines" | "trim">;

/** Records of a sample under a form: those of the first block begin the file. */
export interface Parsed {
  readonly records: readonly (readonly string[])[];
  /** Lines that begin with the comment sign. */
  readonly comments: readonly string[];
  readonly malformed: number;
  readonly runaway: boolean;
  readonly blankBeforeQuote: boolean;
}

const delimiters = [",", ";", "\t", "|", " "] as const;
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
      for (const escape of tried(given.escape, quote !== "" && backslashed ? [quote, "\\"] : [quote]))
        for (const trim of tried(given.trim, spaced ? [false, true] : [false])) {
          const form: Form = { delimiter, quote, escape, comment, trim, skipLines: given.skipLines ?? 0 };
          const score = scoreOf(parse(sample, form, looked), form);
          if (!best || score > best.score + 1e-9) best = { form, score };
        }
  }
  let { form } = best!;
  if (given.trim === undefined && form.delimiter !== " " && padded(parse(sample, form, looked)))
    form = { ...form, trim: true };
  if (given.skipLines === undefined) form = { ...form, skipLines: leadingLines(sample, form) };
  return form;
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
  let [malformed, runaway, blankBeforeQuote] = [0, false, false];
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
      const record: string[] = [];
      for (let i = 0; i < cells.count; i++) {
        const text = cellText(block, cells, i, cutting);
        if (
          (cells.kind[i]! & Cell.escaped) !== 0 &&
          block[cells.start[i]!] === cutting.quote &&
          block[cells.start[i]! - 1] !== cutting.quote
        )
          malformed++;
        if (
          cells.kind[i] === Cell.plain &&
          form.quote !== "" &&
          text.startsWith(" ") &&
          text.trimStart().startsWith(form.quote)
        )
          blankBeforeQuote = true;
        record.push(text);
      }
      records.push(record);
      n++;
    }
  }
  return { records, comments, malformed, runaway, blankBeforeQuote };
}

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
  const stray = cells.filter((cell) => strays.some((one) => one.test(cell))).length / Math.max(1, cells.length);
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

/** Titles and notes above the table: lines with another number of cells, or with one cell alone, before the first of the common number. */
function leadingLines(sample: Sample, form: Form): number {
  const head: Sample = { ...sample, blocks: sample.blocks.slice(0, 1) };
  const { records } = parse(head, form, 200);
  const { width, share } = commonWidth(records.slice(Math.min(30, records.length >> 1)));
  if (width < 2 || share < 0.6) return 0;
  const cutting = cuttingOf(form);
  const cells = new Cells();
  const block = sample.blocks[0]!;
  // Blank lines and comments behind the last title are left out anyway.
  let [at, skipped, titles, index] = [0, 0, 0, 0];
  while (at < block.length && skipped < 30) {
    const next = cutRecord(block, at, block.length, sample.whole, cutting, cells);
    if (next < 0) return 0;
    if (!cells.blank) {
      const isTitle = beginsTable(records.slice(index + 1), width) && saidCells(records[index]!) <= 1;
      if (cells.count >= width && !isTitle) return titles;
      // One cell less is a header without a name for its first column, or without the delimiter that ends each row.
      if (cells.count === width - 1 && cells.count > 1 && !beginsTable(records.slice(index + 1), width)) return titles;
      index++;
    }
    skipped += lineCount(block, at, next);
    if (!cells.blank) titles = skipped;
    at = next;
  }
  return 0;
}

const saidCells = (record: readonly string[]): number => record.filter((cell) => cell.trim() !== "").length;

/** A header with a name for each column, and rows of as many cells. */
const beginsTable = (records: readonly (readonly string[])[], width: number): boolean => {
  const [top] = records;
  return top !== undefined && top.length === width && saidCells(top) === width && width > 2 && hasHeader(records);
};

function lineCount(block: Buffer, from: number, to: number): number {
  let lines = 0;
  for (let at = from; at < to; lines++) at = lineEnd(block, at, to, true);
  return lines;
}
