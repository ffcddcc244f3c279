import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CodedError } from "../../src/base/errors.js";
import type { SourceOptions } from "../../src/sources/index.js";
import { type Cells, Reader } from "./csv-support.js";

const runs = Number(process.env["RUNS"] ?? 150);

let reader: Reader;
beforeAll(async () => {
  reader = await Reader.open();
});
afterAll(() => reader[Symbol.asyncDispose]());

type Kind = "int64" | "real" | "bool" | "date" | "text";

/** A way to write a table down. */
interface Dialect {
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  readonly end: "\n" | "\r\n" | "\r";
  readonly encoding: "utf-8" | "utf-8 with BOM" | "utf-16le" | "utf-16be" | "latin-1";
  readonly header: boolean;
  readonly quoteAll: boolean;
  readonly decimal: "." | ",";
  readonly thousands: "" | "," | "." | " " | "'";
  readonly order: "iso" | "dmy" | "mdy";
  /** A blank behind each delimiter. */
  readonly padded: boolean;
}

interface Table {
  readonly names: readonly string[];
  readonly kinds: readonly Kind[];
  /** Cells in the spelling that the reader gives back. */
  readonly rows: readonly Cells[];
}

const dialects: fc.Arbitrary<Dialect> = fc
  .record({
    delimiter: fc.constantFrom(",", ";", "\t", "|"),
    quote: fc.constantFrom('"', '"', '"', "'"),
    backslash: fc.boolean(),
    end: fc.constantFrom("\n", "\r\n", "\r") as fc.Arbitrary<Dialect["end"]>,
    encoding: fc.constantFrom(...(["utf-8", "utf-8", "utf-8 with BOM", "utf-16le", "utf-16be", "latin-1"] as const)),
    header: fc.boolean(),
    quoteAll: fc.boolean(),
    decimal: fc.constantFrom(".", ",") as fc.Arbitrary<Dialect["decimal"]>,
    thousands: fc.constantFrom("", "", ",", ".", " ", "'") as fc.Arbitrary<Dialect["thousands"]>,
    order: fc.constantFrom("iso", "dmy", "mdy") as fc.Arbitrary<Dialect["order"]>,
    padded: fc.boolean(),
  })
  .filter(({ decimal, thousands, quote }) => decimal !== thousands && (thousands !== "'" || quote !== "'"))
  .map(({ backslash, ...one }) => ({ ...one, escape: backslash ? "\\" : one.quote }));

const nasty = [
  ..."abcXYZ 0123456789",
  '"',
  "'",
  ",",
  ";",
  "\t",
  "|",
  "\\",
  "\n",
  "\r",
  "\r\n",
  "#",
  "-",
  ".",
  "é",
  "ß",
  "€",
];
const wide = [...nasty, "Ж", "日", "😀", "\u00a0"];
const number = fc.integer({ min: -99_999_999, max: 99_999_999 });

const cellOf: Readonly<Record<Kind, fc.Arbitrary<string>>> = {
  int64: number.map(String),
  real: fc.tuple(number, fc.integer({ min: 1, max: 9 })).map(([whole, part]) => `${whole}.${part}`),
  bool: fc.constantFrom("true", "false"),
  date: fc
    .tuple(fc.integer({ min: 1900, max: 2099 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
    .map(([y, m, d]) => `${y}-${String(m).padStart(2, "0")}-${String(d).padStart(2, "0")}`),
  // A letter at the front, so that it is text beyond doubt.
  text: fc.string({ unit: fc.constantFrom(...wide), maxLength: 12 }).map((text) => `q${text}`),
};

const tables = (least: { readonly rows: number; readonly columns: number }): fc.Arbitrary<Table> =>
  fc
    .array(fc.constantFrom<Kind>("int64", "real", "bool", "date", "text"), {
      minLength: least.columns,
      maxLength: 5,
    })
    .chain((kinds) =>
      fc
        .record({
          // No column is empty.
          first: fc.tuple(...kinds.map((kind) => cellOf[kind])) as fc.Arbitrary<Cells>,
          more: fc.array(
            fc.tuple(...kinds.map((kind) => fc.option(cellOf[kind], { freq: 8, nil: null }))) as fc.Arbitrary<Cells>,
            { minLength: least.rows - 1, maxLength: 25 },
          ),
        })
        .map(({ first, more }) => ({
          kinds,
          names: kinds.map((kind, i) => `${kind} ${"abcde"[i]}`),
          rows: [first, ...more],
        })),
    );

const grouped = (digits: string, sign: string): string =>
  sign === "" ? digits : digits.replace(/\B(?=(?:\d{3})+$)/g, sign);

function spelled(cell: string, kind: Kind, { decimal, thousands, order }: Dialect): string {
  if (kind === "date" && order !== "iso") {
    const [y, m, d] = cell.split("-");
    return order === "dmy" ? `${d}/${m}/${y}` : `${m}/${d}/${y}`;
  }
  if (kind !== "int64" && kind !== "real") return cell;
  const [, sign = "", whole = "", rest] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(cell)!;
  return `${sign}${grouped(whole, thousands)}${rest === undefined ? "" : decimal + rest}`;
}

function written({ names, kinds, rows }: Table, dialect: Dialect): Buffer {
  const { delimiter, quote, escape, end, quoteAll, padded, header, encoding } = dialect;
  const quoted = (text: string): string =>
    `${quote}${(escape === quote ? text : text.replaceAll(escape, escape + escape)).replaceAll(quote, escape + quote)}${quote}`;
  const needs = (text: string): boolean =>
    text === ""
      ? names.length === 1
      : [delimiter, quote, escape, "\n", "\r"].some((sign) => text.includes(sign)) || /^\s|\s$/.test(text);
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell) => ((quoteAll && cell !== "") || needs(cell) ? quoted(cell) : cell))
      .join(padded ? `${delimiter} ` : delimiter);
  const lines = [
    ...(header ? [line(names)] : []),
    ...rows.map((row) => line(row.map((cell, i) => (cell === null ? "" : spelled(cell, kinds[i]!, dialect))))),
  ];
  const text = lines.map((one) => one + end).join("");
  switch (encoding) {
    case "utf-8":
      return Buffer.from(text);
    case "utf-8 with BOM":
      return Buffer.from(`\ufeff${text}`);
    case "latin-1":
      return Buffer.from(text, "latin1");
    default: {
      const bytes = Buffer.from(`\ufeff${text}`, "utf16le");
      return encoding === "utf-16be" ? bytes.swap16() : bytes;
    }
  }
}

/** Latin-1 has no other letters. */
const narrowed = (table: Table, { encoding }: Dialect): Table =>
  encoding !== "latin-1"
    ? table
    : { ...table, rows: table.rows.map((row) => row.map((cell) => cell?.replace(/[^\x00-\x7fà-ÿ]/gu, "ß") ?? null)) };

/** Two backslashes and no quote behind one may be a path: what a backslash means is then for a flag to say. */
const unescaped = (table: Table, { escape }: Dialect): Table =>
  escape !== "\\"
    ? table
    : { ...table, rows: table.rows.map((row) => row.map((cell) => cell?.replaceAll("\\", "/") ?? null)) };

/** The same value, whatever its digits look like: 1.50 is 1.5. */
const value = (cell: string | null | undefined, kind: Kind): unknown =>
  cell === null || cell === undefined ? null : kind === "int64" || kind === "real" ? Number(cell) : cell;

const values = (rows: readonly Cells[], kinds: readonly Kind[]): unknown[][] =>
  rows.map((row) => kinds.map((kind, i) => value(row[i], kind)));

describe("a table comes back cell by cell", () => {
  test("in every dialect, with all of it said", async () => {
    await fc.assert(
      fc.asyncProperty(tables({ rows: 1, columns: 1 }), dialects, async (some, dialect) => {
        const table = narrowed(some, dialect);
        const { delimiter, quote, escape, header, decimal, thousands, encoding, order, padded } = dialect;
        const read = await reader.text(written(table, dialect), {
          format: "csv",
          ...(header ? {} : { columns: table.names }),
          types: Object.fromEntries(table.names.map((name, i) => [name, table.kinds[i]!])),
          csv: {
            ...{ delimiter, quote, escape, header, decimal, thousands, trim: padded },
            ...{ skipLines: 0, comment: "", missing: [] },
            encoding: encoding.replace(" with BOM", ""),
            ...(order === "iso" ? {} : { dateFormat: order }),
          },
        });
        expect(read.names).toEqual(table.names);
        expect(values(read.rows, table.kinds)).toEqual(values(table.rows, table.kinds));
      }),
      { seed: 1, numRuns: runs },
    );
  }, 60_000);

  test("with nothing said, or is refused", async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(tables({ rows: 6, columns: 2 }), dialects, async (some, dialect) => {
        const table = unescaped(narrowed(some, dialect), dialect);
        const options: Partial<SourceOptions> = { format: "csv" };
        let read: Awaited<ReturnType<Reader["text"]>>;
        try {
          read = await reader.text(written(table, dialect), options);
        } catch (error) {
          if (!(error instanceof CodedError)) throw error;
          refused++;
          return;
        }
        // What the cells leave open is said, with the flag.
        if (/caution: (?:the first line|dates)/.test(read.assumed)) return;
        if (dialect.header) expect(read.names).toEqual(table.names);
        expect(values(read.rows, table.kinds)).toEqual(values(table.rows, table.kinds));
      }),
      { seed: 2, numRuns: runs },
    );
    expect(refused).toBeLessThan(30);
  }, 60_000);
});
