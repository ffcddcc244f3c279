// JSON lines: what JSON.parse gives of each line is what is read; harmed lines are read or refused, each accounted for.
import fc from "fast-check";
import { edited, editsOf, must, openReader, orRefused } from "./support.mjs";

const makers = {
  int64: fc.integer(),
  real: fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .map((x) => (Number.isInteger(x) ? x + 0.5 : x))
    .filter((x) => !Number.isInteger(x)),
  text: fc
    .oneof(fc.string({ maxLength: 8 }), fc.string({ unit: fc.constantFrom(...'aé日🦆"\\\n\t/{}[],:'), maxLength: 8 }))
    .map((text) => `q${text}`),
  bool: fc.boolean(),
};
const field = fc.oneof(
  fc.constantFrom(
    "a",
    "b",
    "c",
    "A",
    "",
    "a.b",
    "__proto__",
    "constructor",
    "id",
    "ID",
    "file_row_number",
    'say "hi"',
    "日",
  ),
  fc.string({ maxLength: 5 }),
);
/** Objects whose fields have one type each; some leave fields out. */
const lines = fc
  .uniqueArray(fc.record({ name: field, kind: fc.constantFrom(...Object.keys(makers)) }), {
    selector: ({ name }) => name,
    minLength: 1,
    maxLength: 5,
  })
  .chain((fields) =>
    fc.record({
      fields: fc.constant(fields),
      rows: fc
        .tuple(
          fc.tuple(...fields.map(({ kind }) => makers[kind])),
          fc.array(fc.tuple(...fields.map(({ kind }) => fc.option(makers[kind], { freq: 6, nil: undefined }))), {
            maxLength: 12,
          }),
        )
        .map(([first, more]) => [first, ...more]),
      end: fc.constantFrom("\n", "\n", "\r\n", " \n"),
      last: fc.boolean(),
      ascii: fc.boolean(),
    }),
  );
const escaped = (text) => text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
const written = ({ fields, rows, end, last, ascii }) => {
  const one = rows.map((row) => {
    const parts = fields.flatMap(({ name }, i) =>
      row[i] === undefined ? [] : [`${JSON.stringify(name)}: ${JSON.stringify(row[i])}`],
    );
    const text = `{${parts.join(", ")}}`;
    return ascii ? escaped(text) : text;
  });
  return one.join(end) + (last ? end : "");
};
const pieces = [
  ...'{}[]",:\\0-.e \n',
  "null",
  "1e999",
  "true",
  "\\u0000",
  "\\ud800",
  "\xff",
  '"a":',
  "[1,2]",
  '{"a":{"b":1}}',
  "\ufeff",
  "NaN",
];

export async function jsonTarget({ scratch }) {
  const reader = await openReader(scratch);
  return {
    properties: {
      "what JSON.parse reads is read": {
        input: lines,
        show: (table) => JSON.stringify(written(table)),
        async holds(table) {
          const text = written(table);
          const { value, refused } = await orRefused(() => reader.read(text, "t.jsonl", { format: "jsonl" }));
          if (refused && text.includes("\\u0000")) return; // no engine holds it
          must(value, () => `is refused: ${refused}`);
          must(
            value.rows.length === table.rows.length,
            () => `${table.rows.length} lines gave ${value.rows.length} rows`,
          );
          must(value.names.length === table.fields.length, () => `columns ${JSON.stringify(value.names)}`);
          for (const [i, { name, kind }] of table.fields.entries()) {
            // Names that are alike or empty stand under others, in the order of the fields.
            const at = value.names.includes(name) ? value.names.indexOf(name) : i;
            const wanted = table.rows.map((row) => row[i]);
            const found = value.rows.map((row) => row[at]);
            for (const [r, want] of wanted.entries()) {
              const got = found[r];
              const equal =
                want === undefined
                  ? got === null
                  : kind === "text"
                    ? got === want.toWellFormed?.() || got === want
                    : kind === "bool"
                      ? got === String(want)
                      : got !== null && Number(got) === want;
              must(
                equal,
                () =>
                  `field ${JSON.stringify(name)} of row ${r} is ${JSON.stringify(got)}, not ${JSON.stringify(want)}`,
              );
            }
          }
        },
      },
      "harmed lines are read or refused": {
        input: fc.record({ table: lines, edits: editsOf(pieces) }),
        show: ({ table, edits }) => JSON.stringify(edited(Buffer.from(written(table)), edits).toString("latin1")),
        async holds({ table, edits }) {
          const bytes = edited(Buffer.from(written(table)), edits);
          const options = { format: "jsonl" };
          const stopped = await orRefused(() => reader.read(bytes, "t.jsonl", options));
          const aside = await orRefused(() => reader.read(bytes, "t.jsonl", { ...options, badRows: "keep-aside" }));
          if (!stopped.value) return;
          must(aside.value, () => `reads, and with bad rows set aside is refused: ${aside.refused}`);
          must(aside.value.setAside === 0, () => `reads, and sets ${aside.value.setAside} rows aside`);
          must(
            JSON.stringify(aside.value.rows) === JSON.stringify(stopped.value.rows),
            "gives other rows where bad ones are set aside",
          );
          const text = bytes.toString("utf8");
          const objects = text.split("\n").filter((line) => line.trim() !== "");
          // An array of objects is another form.
          if (objects.every((line) => isObject(line)))
            must(
              stopped.value.rows.length === objects.length,
              () => `${objects.length} lines gave ${stopped.value.rows.length} rows`,
            );
        },
      },
      "any bytes are read or refused": {
        input: fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((list) => Buffer.from(list.join(""))),
          fc.array(fc.json(), { maxLength: 4 }).map((list) => Buffer.from(list.join("\n"))),
        ),
        show: (bytes) => JSON.stringify(Buffer.from(bytes).toString("latin1")),
        async holds(bytes) {
          await orRefused(() => reader.read(bytes, "t.jsonl", { format: "jsonl" }));
        },
      },
    },
    close: () => reader.close(),
  };
}

function isObject(line) {
  try {
    const value = JSON.parse(line);
    return value !== null && typeof value === "object" && !Array.isArray(value);
  } catch {
    return false;
  }
}
