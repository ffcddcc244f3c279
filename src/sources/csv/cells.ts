import type { CsvDialect } from "../scan.js";

/** How a CSV is cut into cells: the dialect in byte values, ready for the inner loop. -1 where a character is not used. */
export interface Cutting {
  readonly delimiter: number;
  readonly quote: number;
  readonly escape: number;
  /** Quotes inside a cell may stand as they are: one closes the cell only before a delimiter or a line's end. */
  readonly inner: boolean;
  readonly comment: number;
  readonly trim: boolean;
  /** A run of delimiters counts as one (columns set with blanks). */
  readonly runs: boolean;
}

const byteOf = (text: string): number => (text === "" ? -1 : text.charCodeAt(0));

export const cuttingOf = (
  dialect: Pick<CsvDialect, "delimiter" | "quote" | "escape" | "comment" | "trim">,
): Cutting => ({
  delimiter: byteOf(dialect.delimiter),
  quote: byteOf(dialect.quote),
  escape: byteOf(dialect.escape),
  inner: dialect.escape === "" || (dialect.escape === '"' && dialect.quote === "'"),
  comment: byteOf(dialect.comment),
  trim: dialect.trim,
  runs: dialect.delimiter === " ",
});

export enum Cell {
  plain = 0,
  /** Stood in quotes; start and end are inside them. */
  quoted = 1,
  /** Has doubled quotes, escapes or text after the closing quote: `cellText` resolves them. */
  escaped = 2,
}

/** One record's cells as ranges of the buffer; the arrays are reused from record to record. */
export class Cells {
  count = 0;
  start = new Int32Array(64);
  end = new Int32Array(64);
  kind = new Uint8Array(64);
  /** A quote that opened and found no end before the buffer's. */
  unterminated = false;
  blank = false;

  add(start: number, end: number, kind: number): void {
    if (this.count === this.start.length) this.grow();
    this.start[this.count] = start;
    this.end[this.count] = end;
    this.kind[this.count++] = kind;
  }
  private grow(): void {
    const { start, end, kind } = this;
    this.start = new Int32Array(this.count * 2);
    this.end = new Int32Array(this.count * 2);
    this.kind = new Uint8Array(this.count * 2);
    this.start.set(start);
    this.end.set(end);
    this.kind.set(kind);
  }
}

const lf = 10;
const cr = 13;
const space = 32;
const tab = 9;

/**
 * Cuts the record that begins at `at` and gives where the next begins, or -1 when the buffer ends first and is not `final`.
 * Blank lines and comment lines come back as `blank` records without cells.
 */
export function cutRecord(
  bytes: Uint8Array,
  at: number,
  length: number,
  final: boolean,
  cutting: Cutting,
  cells: Cells,
): number {
  const { delimiter, quote, escape: escaping, inner, trim, runs } = cutting;
  cells.count = 0;
  cells.unterminated = false;
  cells.blank = false;
  if (bytes[at] === cutting.comment) {
    const next = lineEnd(bytes, at, length, final);
    cells.blank = true;
    return next;
  }
  let i = at;
  const blankAt = (b: number): boolean => (b === space || b === tab) && b !== delimiter;
  if (runs) while (i < length && bytes[i] === delimiter) i++;
  for (;;) {
    let start = i;
    if (trim) while (i < length && blankAt(bytes[i]!)) i++;
    if (i < length && bytes[i] === quote && quote !== -1) {
      let kind: number = Cell.quoted;
      const open = ++i;
      let close = -1;
      while (i < length) {
        const b = bytes[i]!;
        if (b === escaping && escaping !== quote) {
          kind |= Cell.escaped;
          i += 2;
          continue;
        }
        if (b === quote) {
          if (escaping === quote && i + 1 < length && bytes[i + 1] === quote) {
            kind |= Cell.escaped;
            i += 2;
            continue;
          }
          if (inner && !endsCell(bytes, i + 1, length, cutting)) {
            i++;
            continue;
          }
          close = i++;
          break;
        }
        i++;
      }
      if (i >= length && !final) return -1;
      if (close === -1) {
        cells.unterminated = true;
        cells.add(start, length, Cell.plain);
        return length;
      }
      let end = i;
      if (trim || runs) while (end < length && blankAt(bytes[end]!)) end++;
      if (end >= length || bytes[end] === delimiter || bytes[end] === lf || bytes[end] === cr) {
        cells.add(open, close, kind);
        i = end;
      } else {
        while (i < length && bytes[i] !== delimiter && bytes[i] !== lf && bytes[i] !== cr) i++;
        cells.add(open - 1, i, Cell.escaped | Cell.quoted);
      }
    } else {
      if (trim) start = i;
      while (i < length) {
        const b = bytes[i]!;
        if (b === delimiter || b === lf || b === cr) break;
        i++;
      }
      let end = i;
      if (trim) while (end > start && blankAt(bytes[end - 1]!)) end--;
      cells.add(start, end, Cell.plain);
    }
    if (i >= length) {
      if (!final) return -1;
      break;
    }
    if (bytes[i] !== delimiter) break;
    i++;
    if (runs) {
      while (i < length && bytes[i] === delimiter) i++;
      if (i < length && (bytes[i] === lf || bytes[i] === cr)) break;
    }
  }
  if (cells.count === 1 && cells.kind[0] === Cell.plain && isBlank(bytes, cells.start[0]!, cells.end[0]!)) {
    cells.count = 0;
    cells.blank = true;
  }
  if (i >= length) return length;
  if (bytes[i] === cr) {
    if (i + 1 >= length && !final) return -1;
    return bytes[i + 1] === lf && i + 1 < length ? i + 2 : i + 1;
  }
  return i + 1;
}

/** Whether nothing but blanks, where they are cut, stands before the next delimiter or the line's end. */
function endsCell(bytes: Uint8Array, at: number, length: number, { delimiter, trim, runs }: Cutting): boolean {
  let end = at;
  if (trim || runs)
    while (end < length && (bytes[end] === space || bytes[end] === tab) && bytes[end] !== delimiter) end++;
  return end >= length || bytes[end] === delimiter || bytes[end] === lf || bytes[end] === cr;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== space && bytes[i] !== tab) return false;
  return true;
}

/** Whether a cell has nothing but blanks and line ends. */
export const saysNothing = (bytes: Buffer, { start, end }: Cells, i: number): boolean =>
  bytes.toString("latin1", start[i]!, end[i]!).trim() === "";

/** Where the next line begins, whatever quotes say; -1 when the buffer ends first and is not `final`. */
export function lineEnd(bytes: Uint8Array, at: number, length: number, final: boolean): number {
  for (let i = at; i < length; i++) {
    if (bytes[i] === lf) return i + 1;
    if (bytes[i] === cr) {
      if (i + 1 < length) return bytes[i + 1] === lf ? i + 2 : i + 1;
      return final ? length : -1;
    }
  }
  return final ? length : -1;
}

/** Whether a cell in quotes has text behind the closing one: `"abc"def`. */
export const isLoose = (bytes: Uint8Array, cells: Cells, i: number, quote: number): boolean =>
  (cells.kind[i]! & Cell.escaped) !== 0 && bytes[cells.start[i]!] === quote && bytes[cells.start[i]! - 1] !== quote;

/**
 * Whether a record's quotes say that its cells were cut elsewhere: text behind a closing quote, or a quote inside a cell
 * and one at the end of a later cell. An inch sign alone (`5" pipe`) is part of its cell.
 */
export function quotesAstray(bytes: Uint8Array, cells: Cells, { quote }: Cutting): boolean {
  if (quote === -1) return false;
  let opened = false;
  for (let i = 0; i < cells.count; i++) {
    if (isLoose(bytes, cells, i, quote)) return true;
    if (cells.kind[i] !== Cell.plain) continue;
    const [from, to] = [cells.start[i]!, cells.end[i]!];
    if (opened && to > from && bytes[to - 1] === quote) return true;
    for (let k = from; k < to - 1 && !opened; k++) opened = bytes[k] === quote;
  }
  return false;
}

/** Whether a cell stands in a header line that comes again, as where files were put together: with their byte order marks, too. */
export const isNameAgain = (text: string, name: string, i: number): boolean =>
  text === name || (i === 0 && text === `\ufeff${name}`);

/** The text of a cell with its quotes and escapes resolved. */
export function cellText(bytes: Buffer, cells: Cells, i: number, cutting: Cutting): string {
  const text = bytes.toString("utf8", cells.start[i]!, cells.end[i]!);
  if ((cells.kind[i]! & Cell.escaped) === 0) return text;
  const quote = String.fromCharCode(cutting.quote);
  if (
    text.startsWith(quote) &&
    bytes[cells.start[i]!] === cutting.quote &&
    bytes[cells.start[i]! - 1] !== cutting.quote
  )
    return unquoteLoose(text, quote);
  if (cutting.escape === cutting.quote) return text.replaceAll(quote + quote, quote);
  // Before anything but a quote or itself the sign is part of the text, as in C:\new.
  const escaping = String.fromCharCode(cutting.escape);
  let out = "";
  for (let k = 0; k < text.length; k++) {
    const next = text[k + 1];
    out += text[k] === escaping && (next === quote || next === escaping) ? text[++k] : text[k];
  }
  return out;
}

/** `"abc"def`: text after the closing quote is kept, as pandas does. */
function unquoteLoose(text: string, quote: string): string {
  let out = "";
  let inside = true;
  for (let k = 1; k < text.length; k++) {
    if (inside && text[k] === quote) {
      if (text[k + 1] === quote) out += text[++k];
      else inside = false;
    } else out += text[k];
  }
  return out;
}
