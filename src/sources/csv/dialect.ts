import type { CsvDialect } from "../scan.js";
import { Cell, Cells, cellText, cutRecord, cuttingOf, lineEnd } from "./cells.js";
import type { Sample } from "./sample.js";
import { toDate, toReal } from "./values.js";

export type Form = Pick<CsvDialect, "delimiter" | "quote" | "escape" | "comment" | "skipLines" | "trim">;

/** Records of a sample under a form: those of the first block begin the file. */
export interface Parsed {
  readonly records: readonly (readonly string[])[];
  readonly malformed: number;
  readonly runaway: boolean;
  readonly blankBeforeQuote: boolean;
}

const delimiters = [",", ";", "\t", "|", " "] as const;
const burden: Readonly<Record<string, number>> = { " ": 0.12 };

/** Finds how the records are cut, by trying each delimiter and quote and keeping the most regular table. */
export function findForm(sample: Sample, given: Partial<Form>): Form {
  const comment = given.comment ?? (commented(sample) ? "#" : "");
  let best: { form: Form; score: number } | undefined;
  const backslashed = sample.blocks.some((block) => block.includes('\\"'));
  for (const delimiter of given.delimiter === undefined ? delimiters : [given.delimiter])
    for (const quote of given.quote === undefined ? ['"', "", "'"] : [given.quote])
      for (const escaping of given.escape !== undefined
        ? [given.escape]
        : quote === '"' && backslashed
          ? [quote, "\\"]
          : [quote]) {
        const form: Form = {
          delimiter,
          quote,
          escape: escaping,
          comment,
          trim: given.trim ?? false,
          skipLines: given.skipLines ?? 0,
        };
        const score = scoreOf(parse(sample, form, 400), quote) - (burden[delimiter] ?? 0);
        if (!best || score > best.score + 1e-9) best = { form, score };
      }
  let { form } = best!;
  const loose = parse(sample, form, 400);
  if (given.trim === undefined && form.delimiter !== " " && padded(loose)) form = { ...form, trim: true };
  if (given.skipLines === undefined) form = { ...form, skipLines: leadingLines(sample, form) };
  return form;
}

export function parse(sample: Sample, form: Form, perBlock: number): Parsed {
  const cutting = cuttingOf(form);
  const cells = new Cells();
  const records: string[][] = [];
  let [malformed, runaway, blankBeforeQuote] = [0, false, false];
  for (const [b, block] of sample.blocks.entries()) {
    const final = sample.whole;
    let at = b === 0 ? afterLines(block, form.skipLines) : lineEnd(block, 0, block.length, false);
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
  return { records, malformed, runaway, blankBeforeQuote };
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

function scoreOf({ records, malformed, runaway }: Parsed, quote: string): number {
  if (records.length === 0) return runaway ? -1 : 0;
  const { width, share } = commonWidth(records);
  const cells = records.slice(0, 200).flat();
  const typed = cells.filter((cell) => isTyped(cell.trim())).length / Math.max(1, cells.length);
  const split = width > 1 ? 0.5 + 0.02 * Math.min(width, 15) : 0;
  const first = records[0]!.length === width ? 0.05 : 0;
  const stray =
    quote === "" ? cells.filter((cell) => /^\s*".*"\s*$/s.test(cell)).length / Math.max(1, cells.length) : 0;
  return (
    share * (0.4 + split) +
    0.25 * typed +
    first -
    2 * Math.min(0.5, malformed / records.length) -
    (malformed > 0 ? 0.05 : 0) -
    (runaway ? 0.4 : 0) -
    0.8 * stray -
    (quote === "" ? 0.01 : quote === "'" ? 0.02 : 0)
  );
}

const date = toDate("%d/%m/%Y");
const isTyped = (cell: string): boolean =>
  cell === "" ||
  toReal(cell) !== undefined ||
  /^[+-]?\d+,\d+$/.test(cell) ||
  date(cell) !== undefined ||
  /^(true|false|NA)$/i.test(cell);

function padded({ records, blankBeforeQuote }: Parsed): boolean {
  if (blankBeforeQuote) return true;
  const cells = records
    .slice(0, 400)
    .flatMap((record) => record.slice(1))
    .filter((cell) => cell.trim() !== "");
  return cells.length > 0 && cells.filter((cell) => cell !== cell.trim()).length > 0.2 * cells.length;
}

/** Lines that begin with `#` stand among lines that do not. */
function commented({ blocks }: Sample): boolean {
  const lines =
    blocks[0]
      ?.toString("latin1", 0, 65_536)
      .split(/\r\n|\n|\r/)
      .filter((line) => line !== "") ?? [];
  const marked = lines.filter((line) => line.startsWith("#"));
  if (marked.length === 0 || marked.length > 0.8 * lines.length) return false;
  // One such line at the top that has as many cells as the next is a header: `#id,name`.
  if (marked.length === 1 && lines[0] === marked[0] && lines.length > 1)
    return !delimiters.some(
      (d) => d !== " " && lines[0]!.includes(d) && lines[0]!.split(d).length === lines[1]!.split(d).length,
    );
  return true;
}

/** Titles and notes above the table: lines with another number of cells, before the first of the common number. */
function leadingLines(sample: Sample, form: Form): number {
  const head: Sample = { ...sample, blocks: sample.blocks.slice(0, 1) };
  const { records } = parse(head, form, 200);
  const { width, share } = commonWidth(records.slice(Math.min(30, records.length >> 1)));
  if (width < 2 || share < 0.6) return 0;
  const cutting = cuttingOf(form);
  const cells = new Cells();
  const block = sample.blocks[0]!;
  let [at, skipped] = [0, 0];
  while (at < block.length && skipped < 30) {
    const next = cutRecord(block, at, block.length, sample.whole, cutting, cells);
    if (next < 0) return 0;
    // One cell less is a header without a name for its first column, or without the delimiter that ends each row.
    if (!cells.blank && (cells.count >= width || (cells.count === width - 1 && cells.count > 1 && skipped === 0)))
      return skipped;
    if (!cells.blank && cells.count > Math.max(1, width / 2)) return 0;
    skipped += lineCount(block, at, next);
    at = next;
  }
  return 0;
}

function lineCount(block: Buffer, from: number, to: number): number {
  let lines = 0;
  for (let at = from; at < to; lines++) at = lineEnd(block, at, to, true);
  return lines;
}
