import { isUtf8 } from "node:buffer";
import type { Column } from "../../../base/schema.js";
import type { Layout } from "../../../sources/csv/records.js";
import { convertTo } from "../../../sources/csv/values.js";
import type { CsvDialect } from "../../../sources/scan.js";

const digit = 1;
const sign = 2;
const point = 4;
const exponent = 8;
const other = 16;
const special = 32;

const lf = 10;
const cr = 13;

/**
 * The quick look at CSV text: finds where records end and whether the database may read them as they are. Everything
 * that leaves a doubt (a cell of another type, a stray quote, a row of another width) makes the text not `plain`, and
 * it goes through `csvReader` instead. This is what stands between DuckDB's cast of "1.5" to the integer 2 and a model.
 */
export class CsvScanner {
  plain = true;
  records = 0;
  longest = 0;
  quotedNewlines = false;
  readonly #classes = new Uint8Array(256).fill(other);
  readonly #forbidden: Uint8Array;
  readonly #checks: readonly (((bytes: Buffer, from: number, to: number) => boolean) | undefined)[];
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #width: number;
  readonly #missing: ReadonlySet<string>;
  readonly #always: boolean;
  /** The pairs of bytes that a spelling of missing may begin with: of one byte, what stands behind it is the pair's second. */
  readonly #pairs = new Uint8Array(65_536);
  /** Those spellings of missing that the text has: each one that a database must look for costs it time. */
  readonly #seen = new Set<string>();

  constructor(dialect: CsvDialect, { columns, order, width }: Layout) {
    this.#delimiter = dialect.delimiter.charCodeAt(0);
    this.#quote = dialect.quote === "" ? -1 : dialect.quote.charCodeAt(0);
    this.#width = width;
    this.#missing = new Set(dialect.missing);
    for (const spelling of dialect.missing) {
      const [first = 0, second] = Buffer.from(spelling);
      for (const next of second === undefined ? [this.#delimiter, this.#quote & 255, lf, cr] : [second])
        this.#pairs[(first << 8) | next] = 1;
    }
    this.#always =
      width !== columns.length ||
      width === 1 ||
      dialect.trim ||
      dialect.comment !== "" ||
      dialect.decimal !== "." ||
      dialect.delimiter === " " ||
      dialect.escape !== dialect.quote ||
      (dialect.dateFormat !== undefined &&
        columns.some(({ type }) => type.kind === "date" || type.kind === "timestamp"));
    for (let b = 48; b < 58; b++) this.#classes[b] = digit;
    for (const [text, kind] of [
      ["+-", sign],
      [".", point],
      ["eE", exponent],
      ["\n\r", special],
    ] as const)
      for (const c of text) this.#classes[c.charCodeAt(0)] = kind;
    this.#classes[this.#delimiter] = special;
    if (this.#quote >= 0) this.#classes[this.#quote] = special;
    this.#classes[0] = special;
    const byCell: (Column | undefined)[] = new Array(width).fill(undefined);
    for (const [c, column] of columns.entries()) byCell[order[c]!] = column;
    this.#forbidden = Uint8Array.from(byCell, (column) => (column ? (forbidden[column.type.kind] ?? 31) : 31));
    this.#checks = byCell.map((column) => column && checks(column, dialect));
    this.reset();
  }

  get missing(): string[] {
    return [...this.#seen].sort();
  }

  #isMissing(bytes: Buffer, from: number, to: number): boolean {
    if (to - from >= 64) return false;
    const cell = bytes.toString("utf8", from, to);
    if (!this.#missing.has(cell)) return false;
    this.#seen.add(cell);
    return true;
  }

  reset(): void {
    this.#seen.clear();
    this.plain = !this.#always;
    this.records = 0;
    this.longest = 0;
    this.quotedNewlines = false;
  }

  /** Goes over whole records from `at` and gives where the first one that is not whole begins; stops behind `limit`. */
  scan(bytes: Buffer, at: number, limit: number, final: boolean): number {
    const classes = this.#classes;
    const forbidden = this.#forbidden;
    const pairs = this.#pairs;
    const delimiter = this.#delimiter;
    const quote = this.#quote;
    const width = this.#width;
    const length = bytes.length;
    let begin = at;
    while (begin < length && begin < limit) {
      let i = begin;
      let cell = 0;
      let from = begin;
      let mask = 0;
      let fromQuote = false;
      let next = -1;
      for (;;) {
        for (; i < length; i++) {
          const kind = classes[bytes[i]!]!;
          if (kind === special) break;
          mask |= kind;
        }
        if (i >= length && !final) return begin;
        const b = i < length ? bytes[i]! : lf;
        if (b === quote && !fromQuote && i === from && i < length) {
          let close = i + 1;
          for (;;) {
            close = bytes.indexOf(quote, close);
            if (close < 0) break;
            if (bytes[close + 1] === quote) close += 2;
            else break;
          }
          if (close < 0 || (close + 1 >= length && !final)) {
            if (!final) return begin;
            this.plain = false;
            next = length;
            break;
          }
          for (let k = i + 1; k < close; k++) {
            const inside = bytes[k]!;
            mask |= classes[inside] === special ? other : classes[inside]!;
            if (inside === lf || inside === cr) this.quotedNewlines = true;
            if (inside === 0) this.plain = false;
          }
          from = i + 1;
          fromQuote = true;
          i = close + 1;
          const after = bytes[i];
          if (i < length && after !== delimiter && after !== lf && after !== cr) this.plain = false;
          continue;
        }
        if (b !== delimiter && b !== lf && b !== cr) {
          this.plain = false;
          mask |= other;
          i++;
          continue;
        }
        if (cell < width && (mask & forbidden[cell]!) !== 0) {
          const end = fromQuote ? i - 1 : i;
          const check = this.#checks[cell];
          if (!check?.(bytes, from, end) && !this.#isMissing(bytes, from, end)) this.plain = false;
        } else if (i > from && pairs[(bytes[from]! << 8) | bytes[from + 1]!] === 1 && i - from < 66)
          this.#isMissing(bytes, from, fromQuote ? i - 1 : i);
        cell++;
        if (b === delimiter && i < length) {
          from = ++i;
          mask = 0;
          fromQuote = false;
          continue;
        }
        if (i >= length) next = length;
        else if (b === cr) {
          if (i + 1 >= length && !final) return begin;
          next = bytes[i + 1] === lf ? i + 2 : i + 1;
          if (next === i + 1) this.plain = false;
        } else next = i + 1;
        break;
      }
      if (cell === 1 && i === begin) {
        // A blank line is no record.
      } else {
        if (cell !== width) this.plain = false;
        this.records++;
        if (next - begin > this.longest) this.longest = next - begin;
      }
      begin = next;
    }
    if (this.plain && !isUtf8(bytes.subarray(at, begin))) this.plain = false;
    return begin;
  }
}

const forbidden: Readonly<{ [kind: string]: number }> = { text: 0, int64: point | exponent | other, real: other };

/** Whether a cell that is not of plain digits is spelled as the database reads it: quick for the common spelling. */
function checks(
  { type }: Column,
  dialect: CsvDialect,
): ((bytes: Buffer, from: number, to: number) => boolean) | undefined {
  if (type.kind !== "bool" && type.kind !== "date" && type.kind !== "timestamp") return undefined;
  const convert = convertTo(type, dialect);
  const slow = (bytes: Buffer, from: number, to: number): boolean => {
    const cell = bytes.toString("latin1", from, to);
    return cell === "" || convert(cell) === cell || (type.kind === "bool" && convert(cell) !== undefined);
  };
  if (type.kind === "bool") return slow;
  const two = (bytes: Buffer, at: number): number => {
    const [a, b] = [bytes[at]! - 48, bytes[at + 1]! - 48];
    return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : 99;
  };
  const isDate = (bytes: Buffer, at: number): boolean => {
    const [month, day] = [two(bytes, at + 5), two(bytes, at + 8)];
    return (
      two(bytes, at) < 99 &&
      two(bytes, at + 2) < 99 &&
      bytes[at + 4] === 45 &&
      bytes[at + 7] === 45 &&
      month >= 1 &&
      month <= 12 &&
      day >= 1 &&
      day <= 28
    );
  };
  if (type.kind === "date")
    return (bytes, from, to) => (to - from === 10 && isDate(bytes, from)) || slow(bytes, from, to);
  if (type.utc) return slow;
  return (bytes, from, to) =>
    (to - from === 19 &&
      isDate(bytes, from) &&
      (bytes[from + 10] === 32 || bytes[from + 10] === 84) &&
      two(bytes, from + 11) < 24 &&
      bytes[from + 13] === 58 &&
      two(bytes, from + 14) < 60 &&
      bytes[from + 16] === 58 &&
      two(bytes, from + 17) < 60) ||
    slow(bytes, from, to);
}
