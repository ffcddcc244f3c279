// CSV: a table that is written as the standard says comes back cell by cell; anything else is read whole or refused, row by row accounted for.
import fc from "fast-check";
import { edited, editsOf, must, openReader, orRefused } from "./support.mjs";

const signs = [
  ..."abcXY 0189.,;:|/-+_#%$€éß日🦆'\"\\\t",
  "\n",
  "\r",
  "\r\n",
  "\u0000",
  "\u00a0",
  "\ufeff",
  "NA",
  "true",
  "1e5",
];
const cell = fc.string({ unit: fc.constantFrom(...signs), maxLength: 10 });
const quoted = (text) => `"${text.replaceAll('"', '""')}"`;

/** Cells that look like what columns hold, so that types are guessed and refuted. */
const columnOf = fc.constantFrom(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer({ min: 0, max: 99_999 }).map((n) => (n / 100).toFixed(2).replace(".", ",")),
  fc.constantFrom("true", "false"),
  fc.integer({ min: 0, max: 20_000 }).map((n) => new Date(n * 864e5).toISOString().slice(0, 10)),
  fc.integer({ min: 0, max: 20_000 }).map((n) => new Date(n * 864e5).toLocaleDateString("en-GB")),
  fc.integer({ min: 0, max: 2e9 }).map((n) => new Date(n * 1000).toISOString()),
  fc.constantFrom("red", "green", "the blue one", "", "NA"),
  fc.integer({ min: 0, max: 999 }).map((n) => String(n).padStart(5, "0")),
);
const likely = fc.array(columnOf, { minLength: 1, maxLength: 5 }).chain((cells) =>
  fc.record({
    width: fc.constant(cells.length),
    rows: fc.array(fc.tuple(...cells.map((one) => fc.option(one, { freq: 10, nil: "" }))), {
      minLength: 1,
      maxLength: 30,
    }),
    delimiter: fc.constantFrom(",", ";", "\t", "|"),
    end: fc.constantFrom("\n", "\n", "\r\n"),
  }),
);
const written = ({ width, rows, delimiter, end }) =>
  [Array.from({ length: width }, (_, i) => `c${i}`), ...rows]
    .map((row) => row.map((text) => (text.includes(delimiter) ? quoted(text) : text)).join(delimiter) + end)
    .join("");

/** With all that may be guessed said, records of text without quotes are lines. */
const said = {
  format: "csv",
  csv: {
    delimiter: ",",
    quote: '"',
    escape: '"',
    header: true,
    skipLines: 0,
    trim: false,
    comment: "",
    missing: [],
    encoding: "utf-8",
  },
};

export async function csvTarget({ scratch }) {
  const reader = await openReader(scratch);
  /** Read as it is and with bad rows set aside: both in order, and of one mind. */
  const read = async (bytes, options) => {
    const stopped = await orRefused(() => reader.read(bytes, "t.csv", options));
    const aside = await orRefused(() => reader.read(bytes, "t.csv", { ...options, badRows: "keep-aside" }));
    if (stopped.value) {
      must(aside.value, () => `reads, and with bad rows set aside is refused: ${aside.refused}`);
      must(aside.value.setAside === 0, () => `reads, and sets ${aside.value.setAside} rows aside`);
      must(
        JSON.stringify(aside.value.rows) === JSON.stringify(stopped.value.rows),
        "gives other rows where bad ones would be set aside",
      );
    }
    return { ...stopped, aside: aside.value };
  };
  return {
    properties: {
      "any cells that are quoted come back": {
        input: fc
          .integer({ min: 1, max: 4 })
          .chain((width) =>
            fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }),
          ),
        async holds(rows) {
          const names = rows[0].map((_, i) => `c${i}`);
          const text = [names, ...rows].map((row) => `${row.map(quoted).join(",")}\n`).join("");
          const { value, refused } = await orRefused(() =>
            reader.read(text, "t.csv", { ...said, types: Object.fromEntries(names.map((name) => [name, "text"])) }),
          );
          if (refused && text.includes("\u0000")) return; // no engine holds it
          must(value, () => `is refused: ${refused}`);
          const wanted = rows.map((row) => row.map((each) => (each === "" ? null : each)));
          const found = value.rows.map((row) => row.map((each) => (each === "" ? null : each)));
          must(JSON.stringify(found) === JSON.stringify(wanted), () => `comes back as ${JSON.stringify(found)}`);
        },
      },
      "a harmed table is read or refused": {
        input: fc.record({
          table: likely,
          edits: editsOf([...signs, ",,", '"', '""', '"\n', "\r\n\r\n", "\xff", "1.234,5"]),
        }),
        show: ({ table, edits }) => JSON.stringify(edited(Buffer.from(written(table)), edits).toString("latin1")),
        async holds({ table, edits }) {
          await read(edited(Buffer.from(written(table)), edits), {});
        },
      },
      "lines are rows, read or set aside": {
        input: fc.record({
          width: fc.integer({ min: 2, max: 4 }),
          lines: fc.array(fc.string({ unit: fc.constantFrom(..."ab1.-, 9,é"), maxLength: 20 }), {
            minLength: 1,
            maxLength: 12,
          }),
        }),
        async holds({ width, lines }) {
          const header = Array.from({ length: width }, (_, i) => `c${i}`).join(",");
          const text = [header, ...lines].map((line) => `${line}\n`).join("");
          const { aside } = await read(text, said);
          const wanted = lines.filter((line) => line.trim() !== "").length;
          if (aside)
            must(
              aside.rows.length + aside.setAside === wanted,
              () => `${wanted} lines gave ${aside.rows.length} rows and ${aside.setAside} set aside`,
            );
        },
      },
      "any bytes are read or refused": {
        input: fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.array(fc.constantFrom(...signs), { maxLength: 120 }).map((list) => Buffer.from(list.join(""))),
        ),
        show: (bytes) => JSON.stringify(Buffer.from(bytes).toString("latin1")),
        async holds(bytes) {
          await read(bytes, { format: "csv" });
        },
      },
    },
    close: () => reader.close(),
  };
}
