import { bool, type Column, date, int64, type Reading, real, type Type, text } from "../../base/schema.js";
import { DatesSeen, dateShape } from "./dates-seen.js";
import {
  isCode,
  numberReadings,
  toBool,
  toDate,
  toInt64,
  toPlainNumber,
  toReal,
  toTimestamp,
  unadorned,
} from "./values.js";

/** Spellings of "missing" that are understood everywhere. */
export const knownMissing = [
  "NA",
  "N/A",
  "n/a",
  "#N/A",
  "<NA>",
  "null",
  "NULL",
  "Null",
  "None",
  "nan",
  "NaN",
  "\\N",
] as const;
/** Spellings that are understood where they are seen to stand for it. */
export const doubtful: ReadonlySet<string> = new Set([
  ...["?", "-", "--", "---", ".", "..", "...", "*", "–", "—", "missing", "unknown", "none", "(null)", "(empty)"],
  ...["n.a.", "N.A.", "na", "n.d.", "N/D", "#VALUE!", "#DIV/0!", "#REF!", "#NAME?", "#NUM!", "#NULL!", "-nan", "-NaN"],
]);
export const isKnownMissing: ReadonlySet<string> = new Set(knownMissing);

const [plain, commaGroups, decimalComma, pointGroups] = [0, 1, 2, 3];
const orders = ["dmy", "mdy", "ymd"] as const;

// One bit for each thing that a column may still be.
const boolBit = 1;
const intBit = (reading: number): number => 2 << reading;
const realBit = (reading: number): number => 2 << (8 + reading);
const dateBit = (order: number): number => 1 << (17 + order);
const timeBit = (order: number, utc: boolean): number => 1 << (21 + order + (utc ? 4 : 0));
/** The place of the order that was given as a format. */
const given = 3;
const everything = 2 ** 29 - 1;
const bits = (...some: number[]): number => some.reduce((mask, bit) => mask | bit, 0);
const everyReading = numberReadings.map((_, i) => i);
const anyInt = bits(...everyReading.map(intBit));
const anyReal = bits(...everyReading.map(realBit));
const numeric = anyInt | anyReal;
const withPoint = bits(...everyReading.filter((i) => numberReadings[i]!.decimal !== ",").map(realBit));
const temporal = everything & ~numeric & ~boolBit;
const anyUtc = bits(...[0, 1, 2, 3].map((order) => timeBit(order, true)));
const everyOrder = (bit: (order: number) => number): number => bits(...[0, 1, 2, 3].map(bit));

const numbers = numberReadings.map(toPlainNumber);
const isoDate = toDate("%Y-%m-%d");
const isoTimes = [toTimestamp("%Y-%m-%d", false), toTimestamp("%Y-%m-%d", true)] as const;
const yearFirst = /^\d{4}-/;
const plainInt = /^-?(?:0|[1-9]\d{0,17})$/;
const plainReal = /^-?\d+\.\d+$/;
const grouped = /^-?[1-9]\d{0,2}(?:\.\d{3})+$/;

/** What a user said about the cells of all columns. */
export interface GivenReading {
  readonly decimal?: Reading["decimal"];
  readonly thousands?: Reading["thousands"] | "";
  readonly missing?: readonly string[];
  readonly dateFormat?: string;
}

/** One column's cells as they come by: what they all may be. */
export class ColumnGuess {
  /** Cells that are there. */
  cells = 0;
  alive: number;
  /** Numbers among words: their count, and the first word. */
  words = 0;
  firstWord: string | undefined;
  codes = 0;
  adorned = false;
  /** Cells that nothing else fits, passed over: the column was seen to be typed before. */
  strays = 0;
  readonly known = new Set<string>();
  readonly doubts = new Map<string, number>();
  /** Signs that were seen in numbers. */
  point = false;
  /** Dates that do not begin with the year and a hyphen. */
  ordered = false;
  example: string | undefined;
  /** A whole number with more digits than a real number keeps, and a time that is finer than microseconds. */
  rounded: string | undefined;
  finer: string | undefined;
  /** What was seen of dates and times, which a single cell can make a column of text. */
  readonly dates = new DatesSeen();
  readonly #missing: ReadonlySet<string>;
  readonly #dates: readonly string[];
  readonly #days: readonly ((cell: string) => string | undefined)[];
  readonly #times: readonly (readonly ((cell: string) => string | undefined)[])[];
  readonly #given: GivenReading;
  readonly #lenient: boolean;
  #last = "";

  constructor(options: GivenReading, lenient = false) {
    this.#given = options;
    this.#lenient = lenient;
    this.#missing = options.missing ? new Set(options.missing) : isKnownMissing;
    this.#dates = [...orders, ...(options.dateFormat && !isOrder(options.dateFormat) ? [options.dateFormat] : [])];
    this.#days = this.#dates.map(toDate);
    this.#times = this.#dates.map((format) => [toTimestamp(format, false), toTimestamp(format, true)]);
    const readings = everyReading.filter((i) => {
      const { decimal = ".", thousands } = numberReadings[i]!;
      return (
        (options.decimal === undefined || decimal === options.decimal) &&
        decimal !== options.thousands &&
        (options.thousands === undefined || thousands === undefined || thousands === options.thousands)
      );
    });
    this.alive = boolBit | bits(...readings.map((i) => intBit(i) | realBit(i))) | temporal;
    if (this.#dates.length === 3) this.alive &= ~(dateBit(given) | timeBit(given, false) | timeBit(given, true));
  }

  /** A cell without the blanks around it; the empty one says nothing. */
  add(cell: string): void {
    if (cell === "") return;
    if (this.#missing.has(cell)) {
      this.known.add(cell);
      return;
    }
    if (!this.#given.missing && cell.length < 10 && doubtful.has(cell)) {
      this.doubts.set(cell, (this.doubts.get(cell) ?? 0) + 1);
      return;
    }
    this.cells++;
    if (cell === this.#last && this.alive !== 0) {
      this.dates.again();
      return;
    }
    this.#last = cell;
    if (this.alive === 0) {
      this.#word(cell, false);
      this.#seeDate(cell, 0);
      return;
    }
    const fits = this.#fits(cell);
    this.#seeDate(cell, fits & temporal);
    this.#word(cell, (fits & numeric) !== 0);
    if ((fits & this.alive) === 0 && this.#lenient) this.strays++;
    else this.alive &= fits;
    this.example = cell;
  }

  /** All rows are asked about typed columns alone. */
  #seeDate(cell: string, fits: number): void {
    if (this.#lenient) return;
    const own = fits !== 0 ? fits : dateShape.test(cell) ? this.#dated(cell) : 0;
    const inOrder = (order: number): boolean =>
      (own & (dateBit(order) | timeBit(order, false) | timeBit(order, true))) !== 0;
    const kind =
      (own & dateBit(0)) | (own & dateBit(1)) | (own & dateBit(2)) | (own & dateBit(given))
        ? "date"
        : own & anyUtc
          ? "utc"
          : "time";
    this.dates.see(cell, own === 0 ? undefined : { kind, orders: [0, 1, 2].filter(inOrder).map((o) => orders[o]!) });
  }

  #word(cell: string, isNumber: boolean): void {
    if (isNumber || toReal(cell) !== undefined) return;
    this.words++;
    this.firstWord ??= cell;
  }

  #fits(cell: string): number {
    const first = cell.charCodeAt(0);
    const compact = this.#dates.length > 3 ? this.#asGiven(cell) : 0;
    if (plainInt.test(cell)) {
      if (cell.length > 15 && this.rounded === undefined && BigInt(cell) !== BigInt(Number(cell))) this.rounded = cell;
      return numeric | compact;
    }
    if (plainReal.test(cell)) {
      this.point = true;
      return withPoint | (grouped.test(cell) ? intBit(pointGroups) | realBit(pointGroups) : 0) | compact;
    }
    const asNumber = this.#numbers(cell);
    if (asNumber !== 0) return asNumber | compact;
    if (first >= 48 && first <= 57 && (this.alive & temporal) !== 0) {
      const asDate = this.#dated(cell);
      if (asDate !== 0) {
        if (cell.length > 26 && /[.,]\d{6}\d*[1-9]/.test(cell)) this.finer ??= cell;
        return asDate;
      }
    }
    if (compact !== 0) return compact;
    if ((this.alive & boolBit) !== 0 && toBool(cell) !== undefined) return boolBit;
    const inner = (this.alive & numeric) === 0 ? undefined : unadorned(cell);
    const asAdorned = inner === undefined || isCode(inner) ? 0 : this.#numbers(inner);
    if (asAdorned !== 0) this.adorned = true;
    return asAdorned;
  }

  #numbers(cell: string): number {
    if (isCode(cell)) {
      this.codes++;
      return 0;
    }
    let fits = 0;
    for (const i of everyReading) {
      if ((this.alive & (intBit(i) | realBit(i))) === 0) continue;
      const number = numbers[i]!(cell);
      if (number === undefined) continue;
      if (number.includes(".") && i !== decimalComma) this.point ||= cell.includes(".");
      if (toInt64(number) !== undefined) fits |= intBit(i) | realBit(i);
      else if (!/^[+-]?\d{19,}$/.test(number) && toReal(number) !== undefined) fits |= realBit(i);
    }
    return fits === 0 && toReal(cell) !== undefined && !/\d/.test(cell) ? anyReal : fits;
  }

  #dated(cell: string): number {
    if (yearFirst.test(cell)) {
      const time = isoTimes[0](cell) === undefined ? 0 : everyOrder((o) => timeBit(o, false));
      const utc = isoTimes[1](cell) === undefined ? 0 : everyOrder((o) => timeBit(o, true));
      return (isoDate(cell) === undefined ? 0 : everyOrder(dateBit)) | time | utc;
    }
    let fits = 0;
    for (let o = 0; o < 3; o++) fits |= this.#inOrder(cell, o);
    fits |= this.#asGiven(cell);
    if (fits !== 0) this.ordered = true;
    return fits;
  }

  #asGiven(cell: string): number {
    if (this.#dates.length === 3) return 0;
    const fits = this.#inOrder(cell, given);
    if (fits !== 0) this.ordered = true;
    return fits;
  }

  #inOrder(cell: string, order: number): number {
    const [time, utc] = this.#times[order]!;
    return (
      (this.#days[order]!(cell) === undefined ? 0 : dateBit(order)) |
      (time!(cell) === undefined ? 0 : timeBit(order, false)) |
      (utc!(cell) === undefined ? 0 : timeBit(order, true))
    );
  }

  /** The readings as numbers that all cells allow. */
  get readings(): number[] {
    return everyReading.filter((i) => (this.alive & realBit(i)) !== 0);
  }

  /** The orders that all dates allow, that of the given format first. */
  get orders(): number[] {
    const fits = (order: number): boolean =>
      (this.alive & (dateBit(order) | timeBit(order, false) | timeBit(order, true))) !== 0;
    return [given, 0, 1, 2].filter(fits);
  }

  isInt(reading: number): boolean {
    return (this.alive & intBit(reading)) !== 0;
  }

  /** Date, wall clock or instant, under an order. */
  temporal(order: number): Type {
    if ((this.alive & dateBit(order)) !== 0) return date;
    return { kind: "timestamp", utc: (this.alive & timeBit(order, false)) === 0 };
  }

  /** Whether all its dates may be of this order. */
  allows(order: NonNullable<Reading["dateOrder"]>): boolean {
    return this.orders.includes(orders.indexOf(order));
  }

  get isBool(): boolean {
    return (this.alive & boolBit) !== 0;
  }

  /** Whether it would be numbers, but for digits that are codes. */
  get onlyCodes(): boolean {
    return this.codes > 0 && this.words === 0;
  }

  dateFormat(order: number): Pick<Reading, "dateOrder" | "dateFormat"> {
    return order === given ? { dateFormat: this.#dates[given]! } : { dateOrder: orders[order]! };
  }
}

export const isOrder = (format: string): format is NonNullable<Reading["dateOrder"]> =>
  (orders as readonly string[]).includes(format);

/** What was decided about a column, and what it might have been as well. */
export interface Decided {
  readonly column: Column;
  readonly guess: ColumnGuess;
  /** The other way to read its numbers or dates, when the cells allow both. */
  readonly either?: "thousands" | "decimal" | "day first" | "month first";
}

/** Decides each column's type and reading; where its own cells allow two, the other columns of the file have a say. */
export function decide(
  names: readonly string[],
  guesses: readonly ColumnGuess[],
  options: GivenReading & { readonly delimiter?: string },
): Decided[] {
  const commas = guesses.some((guess) => {
    const [first] = guess.readings;
    return first !== undefined && numberReadings[first]!.decimal === ",";
  });
  const points = guesses.some(
    (guess) =>
      guess.point && guess.readings.some((i) => i <= commaGroups) && !guess.readings.some((i) => i === pointGroups),
  );
  const comma = (commas && !points) || (!points && options.delimiter === ";");
  const dayFirst = guesses.some((guess) => guess.ordered && sure(guess) === "dmy");
  const monthFirst = guesses.some((guess) => guess.ordered && sure(guess) === "mdy");
  return names.map((name, i) => {
    const guess = guesses[i]!;
    const { type, read, either } = typed(guess, {
      comma,
      certainComma: commas && !points,
      order: dayFirst === monthFirst ? options.dateFormat : dayFirst ? "dmy" : "mdy",
      wanted: options.dateFormat,
    });
    const missing = missingOf(guess, type, options);
    const reading: Reading = { ...read, ...(missing ? { missing } : {}) };
    return {
      guess,
      column: { name, type, ...(Object.keys(reading).length > 0 ? { read: reading } : {}) },
      ...(either ? { either } : {}),
    };
  });
}

const sure = (guess: ColumnGuess): string | undefined => {
  const found = guess.orders.filter((order) => order !== given);
  return found.length === 1 ? orders[found[0]!] : undefined;
};

interface Evidence {
  /** Commas in this file are decimal where the cells leave a doubt. */
  readonly comma: boolean;
  readonly certainComma: boolean;
  readonly order: string | undefined;
  readonly wanted: string | undefined;
}

function typed(
  guess: ColumnGuess,
  evidence: Evidence,
): { type: Type; read?: Omit<Reading, "missing">; either?: Decided["either"] } {
  if (guess.cells === 0) return { type: text };
  if (guess.isBool) return { type: bool };
  const order = guess.orders;
  if (order[0] === given) return { type: guess.temporal(given), read: guess.dateFormat(given) };
  const { readings } = guess;
  if (readings.length > 0) {
    const [reading, either] = pickReading(guess, readings, evidence);
    const read = { ...numberReadings[reading], ...(guess.adorned ? { adorned: true as const } : {}) };
    return { type: guess.isInt(reading) ? int64 : real, read, ...(either ? { either } : {}) };
  }
  if (order.length === 0) return { type: text };
  if (!guess.ordered) return { type: guess.temporal(order[0]!) };
  const [picked, either] = pickOrder(guess, order, evidence);
  return { type: guess.temporal(picked), read: guess.dateFormat(picked), ...(either ? { either } : {}) };
}

function pickReading(
  { point }: ColumnGuess,
  readings: readonly number[],
  { comma, certainComma }: Evidence,
): [number, Decided["either"]?] {
  const has = (reading: number): boolean => readings.includes(reading);
  if (has(plain)) return point && has(pointGroups) && certainComma ? [pointGroups, "decimal"] : [plain];
  if (has(commaGroups) && has(decimalComma)) return comma ? [decimalComma, "thousands"] : [commaGroups, "decimal"];
  return [readings[0]!];
}

function pickOrder(guess: ColumnGuess, found: readonly number[], evidence: Evidence): [number, Decided["either"]?] {
  const [first] = found;
  if (found.length === 1) return [first!];
  const wanted = (orders as readonly (string | undefined)[]).indexOf(evidence.wanted);
  if (found.includes(wanted)) return [wanted];
  // 13.04.2025 is day first wherever it is written so.
  const other = (orders as readonly (string | undefined)[]).indexOf(evidence.order);
  const picked = found.includes(other) ? other : /^\d+\./.test(guess.example ?? "") && found.includes(0) ? 0 : 1;
  if (!found.includes(picked)) return [first!];
  return [picked, picked === 0 ? "month first" : "day first"];
}

/** All spellings of missing that hold in the column, where some were seen or given. */
function missingOf(guess: ColumnGuess, type: Type, { missing }: GivenReading): readonly string[] | undefined {
  if (missing) return missing;
  const stands = [...guess.doubts]
    .filter(
      ([spelling, count]) =>
        guess.cells > 0 && (type.kind !== "text" || (spelling === "?" && count < (guess.cells + count) / 2)),
    )
    .map(([spelling]) => spelling);
  return stands.length + guess.known.size > 0 ? [...knownMissing, ...stands] : undefined;
}
