import type { Reading } from "../../base/schema.js";
import { toDate, toTimestamp } from "./values.js";

/** `31.02.2024`, `24/12/24`: digits as in a date, whether there is such a day or not. */
export const dateShape = /^\d{1,4}([-/.])\d{1,2}\1\d{1,4}(?!\d)/;
const named = /^(?:\d{1,2}(?:st|nd|rd|th)?[ -])?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ .,-]/i;
const shortYear = /^\d{1,2}([-/.])\d{1,2}\1\d{2}(?!\d)/;

/** Formats that a column is not read by unless they are named: whose century is not said, or that are English. */
const formats = [
  ...["%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%y/%m/%d", "%d-%m-%y", "%m-%d-%y", "%y-%m-%d"],
  ...["%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y"],
];
const readers = new Map(
  formats.map((format) => [format, [toDate(format), toTimestamp(format, false), toTimestamp(format, true)]]),
);

type Order = NonNullable<Reading["dateOrder"]>;
type Kind = "date" | "time" | "utc";

/** The dates and times among a column's cells, each judged by itself. */
export class DatesSeen {
  /** Cells that are dates in some reading, and the first one of each kind. */
  count = 0;
  readonly kinds = new Map<Kind, string>();
  /** How many of them fit each order. */
  readonly orders = new Map<Order, number>();
  /** The first cell that is no date in any reading. */
  other: string | undefined;
  /** Others that do not even look like one. */
  words = 0;
  #formats: readonly string[] = formats;
  #last = false;

  see(cell: string, date: { readonly kind: Kind; readonly orders: readonly Order[] } | undefined): void {
    this.#last = date !== undefined;
    if (this.#formats.length > 0)
      this.#formats =
        shortYear.test(cell) || named.test(cell)
          ? this.#formats.filter((format) => readers.get(format)!.some((read) => read(cell) !== undefined))
          : [];
    if (date === undefined) {
      this.other ??= cell;
      if (!dateShape.test(cell)) this.words++;
      return;
    }
    this.count++;
    if (!this.kinds.has(date.kind)) this.kinds.set(date.kind, cell);
    for (const order of date.orders) this.orders.set(order, (this.orders.get(order) ?? 0) + 1);
  }

  /** The cell before, once more. */
  again(): void {
    if (this.#last) this.count++;
  }

  /** Formats that would read every cell. */
  get namable(): readonly string[] {
    return this.other === undefined && this.count === 0 ? [] : this.#formats;
  }

  /** The order that most of the dates fit. */
  get order(): Order | undefined {
    return [...this.orders].sort(([, a], [, b]) => b - a)[0]?.[0];
  }
}
