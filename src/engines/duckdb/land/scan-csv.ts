import { isUtf8 } from "node:buffer";
import type { Column } from "../../../base/schema.js";
import { knownMissing } from "../../../sources/csv/guess.js";
import type { CsvReading, Layout } from "../../../sources/csv/records.js";
import { convertTo, isCode, isPlain, toReal } from "../../../sources/csv/values.js";
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
  /** Spellings of missing by cell: the database knows one list for all. */
  readonly #missing: readonly (ReadonlySet<string> | undefined)[];
  readonly #everyMissing: ReadonlySet<string>;
  /** Cells of numbers: 1 where digits that are codes leave a doubt, 2 where the type was given. */
  readonly #numbers: Uint8Array;
  /** The header line without its end, to be found again among the rows. */
  readonly #header: Buffer | undefined;
  readonly #always: boolean;
  /** The pairs of bytes that a spelling of missing may begin with: of one byte, what stands behind it is the pair's second. */
  readonly #pairs = new Uint8Array(65_536);
  /** Those spellings of missing that the text has: each one that a database must look for costs it time. */
  readonly #seen = new Set<string>();
  /** 1 when a line ended with a line feed, 2 when one did with both. */
  #ends = 0;
  /** A quoted cell has a line feed alone, or a carriage return alone. */
  #otherNewlines = false;

  constructor(dialect: CsvDialect, { columns, order, width, headerLine }: Layout, { given = [] }: CsvReading = {}) {
    this.#delimiter = dialect.delimiter.charCodeAt(0);
    this.#quote = dialect.quote === "" ? -1 : dialect.quote.charCodeAt(0);
    this.#width = width;
    this.#header = headerLine;
    const spellings = columns.map(({ read }) => new Set<string>(read?.missing ?? knownMissing));
    this.#everyMissing = new Set(spellings.flatMap((some) => [...some]));
    for (const spelling of this.#everyMissing) {
      const [first = 0, second] = Buffer.from(spelling);
      for (const next of second === undefined ? [this.#delimiter, this.#quote & 255, lf, cr] : [second])
        this.#pairs[(first << 8) | next] = 1;
    }
    this.#always =
      width !== columns.length ||
      width === 1 ||
      dialect.trim ||
      dialect.comment !== "" ||
      columns.some(({ type, read }) => !isPlain(type, read)) ||
      dialect.delimiter === " " ||
      dialect.escape !== dialect.quote;
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
    this.#checks = byCell.map((column) => column && checks(column));
    this.#missing = byCell.map((column) => column && spellings[columns.indexOf(column)]);
    this.#numbers = Uint8Array.from(byCell, (column) =>
      column && (column.type.kind === "int64" || column.type.kind === "real")
        ? given.includes(column.name)
          ? 2
          : 1
        : 0,
    );
    this.reset();
  }

  get missing(): string[] {
    return [...this.#seen].sort();
  }

  #isMissing(bytes: Buffer, from: number, to: number, cell: number): boolean {
    if (to - from >= 64) return false;
    const text = bytes.toString("utf8", from, to);
    if (!this.#everyMissing.has(text)) return false;
    // Missing in another column alone: the database cannot tell them apart.
    if (!this.#missing[cell]?.has(text)) this.plain = false;
    this.#seen.add(text);
    return true;
  }

  /** Whether a number leaves a doubt: one that is a code, or overflows. */
  #isDoubtful(bytes: Buffer, from: number, to: number, mask: number, kind: number): boolean {
    if (kind === 1 && (mask & (point | exponent)) === 0) {
      const first = bytes[from] === 43 || bytes[from] === 45 ? from + 1 : from;
      return bytes[first] === 48 && to - first > 1;
    }
    if ((mask & exponent) === 0) return false;
    const text = bytes.toString("latin1", from, to);
    return toReal(text) === undefined || (kind === 1 && isCode(text));
  }

  reset(): void {
    this.#seen.clear();
    this.plain = !this.#always;
    this.records = 0;
    this.longest = 0;
    this.quotedNewlines = false;
    this.#ends = 0;
    this.#otherNewlines = false;
  }

  /** Whether all lines end with a line feed alone, so that cells may hold any other. */
  get lineFeeds(): boolean {
    return this.#ends === 1;
  }

  /** Goes over whole records from `at` and gives where the first one that is not whole begins; stops behind `limit`. */
  scan(bytes: Buffer, at: number, limit: number, final: boolean): number {
    const classes = this.#classes;
    const forbidden = this.#forbidden;
    const pairs = this.#pairs;
    const delimiter = this.#delimiter;
    const quote = this.#quote;
    const width = this.#width;
    const numbers = this.#numbers;
    const header = this.#header;
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
            if (inside === lf || inside === cr) {
              this.quotedNewlines = true;
              if (inside === lf ? bytes[k - 1] !== cr : bytes[k + 1] !== lf) this.#otherNewlines = true;
            }
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
          if (!check?.(bytes, from, end) && !this.#isMissing(bytes, from, end, cell)) this.plain = false;
        } else if (i > from && pairs[(bytes[from]! << 8) | bytes[from + 1]!] === 1 && i - from < 66)
          this.#isMissing(bytes, from, fromQuote ? i - 1 : i, cell);
        else if (cell < width && numbers[cell] !== 0 && (mask & exponent || bytes[from]! < 49)) {
          if (this.#isDoubtful(bytes, from, fromQuote ? i - 1 : i, mask, numbers[cell]!)) this.plain = false;
        }
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
          this.#ends |= 2;
        } else {
          next = i + 1;
          this.#ends |= 1;
        }
        break;
      }
      if (cell === 1 && i === begin) {
        // A blank line is no record.
      } else {
        // A database takes a U+FEFF where a slice begins for a byte order mark, and it may stand before a header line again.
        if (cell !== width || (bytes[begin] === 0xef && bytes[begin + 1] === 0xbb && bytes[begin + 2] === 0xbf))
          this.plain = false;
        if (
          header &&
          bytes[begin] === header[0] &&
          begin + header.length <= next &&
          header.compare(bytes, begin, begin + header.length) === 0
        )
          this.plain = false;
        this.records++;
        if (next - begin > this.longest) this.longest = next - begin;
      }
      begin = next;
    }
    // The database reads one kind of line end; in cells it minds only what is not of that kind.
    if (this.#ends === 3 || (this.#ends === 2 && this.#otherNewlines)) this.plain = false;
    if (this.plain && !isUtf8(bytes.subarray(at, begin))) this.plain = false;
    return begin;
  }
}

const forbidden: Readonly<{ [kind: string]: number }> = { text: 0, int64: point | exponent | other, real: other };

/** Whether a cell that is not of plain digits is spelled as the database reads it: quick for the common spelling. */
function checks({ type }: Column): ((bytes: Buffer, from: number, to: number) => boolean) | undefined {
  if (type.kind !== "bool" && type.kind !== "date" && type.kind !== "timestamp") return undefined;
  const convert = convertTo(type);
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
