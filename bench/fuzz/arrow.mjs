// Arrow files and streams: values come back as they were; harmed bytes are read or refused.
import { bool, columnFromArray, float64, int32, int64, tableFromColumns, tableToIPC, utf8 } from "@uwdata/flechette";
import fc from "fast-check";
import { edited, editsOf, must, openReader, orRefused } from "./support.mjs";

const makers = {
  i: [int32(), fc.integer()],
  l: [int64(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  x: [float64(), fc.double({ noNaN: true })],
  t: [utf8(), fc.string({ maxLength: 8 }).filter((text) => !text.includes("\u0000"))],
  b: [bool(), fc.boolean()],
};
const tables = fc.record({
  format: fc.constantFrom("stream", "file"),
  rows: fc.array(
    fc.record(Object.fromEntries(Object.entries(makers).map(([name, [, of]]) => [name, fc.option(of, { freq: 5 })]))),
    {
      minLength: 1,
      maxLength: 12,
    },
  ),
});
const bytesOf = ({ format, rows }) =>
  Buffer.from(
    tableToIPC(
      tableFromColumns(
        Object.fromEntries(
          Object.entries(makers).map(([name, [type]]) => [
            name,
            columnFromArray(
              rows.map((row) => row[name]),
              type,
              { useBigInt: true },
            ),
          ]),
        ),
      ),
      { format },
    ),
  );
const pieces = [
  "\u0000",
  "\u0001",
  "\x7f",
  "ARROW1",
  "\u0000\u0000\u0000\u0000",
  "\xff\xff\xff\xff",
  "\u0010\u0000\u0000\u0000",
].map((text) => Buffer.from(text, "latin1"));

export async function arrowTarget({ scratch }) {
  const reader = await openReader(scratch);
  return {
    properties: {
      "values come back": {
        input: tables,
        async holds(table) {
          const { value, refused } = await orRefused(() => reader.read(bytesOf(table), "t.arrow"));
          must(value, () => `is refused: ${refused}`);
          table.rows.forEach((row, r) => {
            // An empty text is missing, as in CSV and JSON.
            value.names.forEach((name, i) => {
              const [got, want] = [value.rows[r][i], row[name]];
              const equal =
                want === null || want === ""
                  ? got === null
                  : name === "x"
                    ? Number(got === "inf" ? Infinity : got === "-inf" ? -Infinity : got) === want
                    : got === String(want);
              must(equal, () => `${name} of row ${r} is ${JSON.stringify(got)}, not ${String(want)}`);
            });
          });
        },
      },
      "harmed bytes are read or refused": {
        input: fc.record({ table: tables, edits: editsOf(pieces, 4) }),
        show: ({ table, edits }) => `base64 ${edited(bytesOf(table), edits).toString("base64")}`,
        async holds({ table, edits }) {
          await orRefused(() => reader.read(edited(bytesOf(table), edits), "t.arrow", { format: "arrow" }));
        },
      },
    },
    close: () => reader.close(),
  };
}
