// Formulas: any text is read or refused, what is printed reads back, and the evaluator and DuckDB give one value.
import fc from "fast-check";
import { compile } from "../../dist/expr/evaluate.js";
import { call, col, lit } from "../../dist/expr/expr.js";
import { functionNames } from "../../dist/expr/functions.js";
import { Misfit, operation, opNames } from "../../dist/expr/ops.js";
import { parseExpr } from "../../dist/expr/parse.js";
import { printExpr } from "../../dist/expr/print.js";
import { printDate, printTimestamp } from "../../dist/expr/time.js";
import { knownType } from "../../dist/expr/type-of.js";
import { duckdbDialect } from "../../dist/sql/duckdb.js";
import { exprSql } from "../../dist/sql/expr.js";
import { testDatabase } from "../../dist/sql/testing.js";
import { must, orRefused } from "./support.mjs";

const types = {
  real: { type: { kind: "real" }, sql: "DOUBLE" },
  int64: { type: { kind: "int64" }, sql: "BIGINT" },
  text: { type: { kind: "text" }, sql: "VARCHAR" },
  bool: { type: { kind: "bool" }, sql: "BOOLEAN" },
  date: { type: { kind: "date" }, sql: "DATE" },
  timestamp: { type: { kind: "timestamp", utc: false }, sql: "TIMESTAMP" },
};
const kinds = Object.keys(types);
const columns = kinds.flatMap((kind) => ["", "2"].map((n) => ({ name: `${kind}_${n || 1}`, kind, ...types[kind] })));
const schema = { columns: columns.map(({ name, type }) => ({ name, type })) };
const names = columns.map(({ name }) => name);

const whole = (big) =>
  Number.isSafeInteger(Number(big)) ? Number(big) : big < -(2n ** 63n) || big >= 2n ** 63n ? 0 : big;
const values = {
  real: fc.oneof(
    fc.constantFrom(0, -0, 1, -1, 0.5, -2.5, 1e300, 5e-324, 1e15, 9.3e18, 0.1, Number.NaN, Infinity, -Infinity),
    fc.double(),
    fc.integer({ min: -1000, max: 1000 }).map((n) => n / 8),
  ),
  int64: fc.oneof(
    fc.integer({ min: -9, max: 9 }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(whole),
    fc.integer(),
  ),
  text: fc.oneof(
    fc.constantFrom("", " ", "1", " 12 ", "-1.5e3", "true", "No", "2024-02-29", "2024-03-05 10:20:30.5", "nan", "it's"),
    fc.string({ maxLength: 8 }),
    fc.string({ unit: fc.constantFrom(..."aA%_\\é日🦆ß0.-+e:/T '\"\t\n"), maxLength: 8 }),
  ),
  bool: fc.boolean(),
  date: fc.integer({ min: -719_162, max: 2_932_896 }).map((days) => ({ days })),
  timestamp: fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n }).map((micros) => ({ micros })),
};
const rowsInput = fc.array(
  fc.record(Object.fromEntries(columns.map(({ name, kind }) => [name, fc.option(values[kind], { freq: 6 })]))),
  { minLength: 1, maxLength: 6 },
);

/** These round the last digit as libm or V8 do: only at the top of a formula, where the values are compared with room for it. */
const rounded = new Set(["ln", "log2", "log10", "exp", "pow", "sin", "cos", "tan"]);

/** Every way to call every operation with at most three arguments: by what it gives. A new operation is there by being in the table. */
const signatures = opNames.flatMap((op) => {
  const { arity, type } = operation(op);
  const found = [];
  const next = (args) => {
    if (args.length >= arity[0]) {
      try {
        const gives = type(...args.map((kind) => types[kind].type));
        if (gives && kinds.includes(gives.kind)) found.push({ op, args, gives: gives.kind });
      } catch (error) {
        if (!(error instanceof Misfit)) throw error;
      }
    }
    if (args.length < Math.min(arity[1], 3)) for (const kind of kinds) next([...args, kind]);
  };
  next([]);
  return found;
});
/** Of one kind by operation first, so that those with many forms are no more frequent. */
const giving = Object.fromEntries(
  kinds.map((kind) => [
    kind,
    opNames
      .map((op) => signatures.filter((one) => one.op === op && one.gives === kind))
      .filter((forms) => forms.length > 0),
  ]),
);

const leafOf = (kind) =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom(...columns.filter((one) => one.kind === kind).map(({ name }) => col(name))),
    },
    { weight: 1, arbitrary: values[kind].map(lit) },
  );
const treeOf = (kind, depth, top = false) => {
  if (depth === 0) return leafOf(kind);
  const calls = giving[kind].filter(([{ op }]) => top || !rounded.has(op));
  return fc.oneof(
    { withCrossShrink: true },
    leafOf(kind),
    ...[1, 2, 3].map(() =>
      fc
        .constantFrom(...calls)
        .chain((forms) => fc.constantFrom(...forms))
        .chain(({ op, args }) =>
          fc.tuple(...args.map((arg) => treeOf(arg, depth - 1))).map((given) => call(op, ...given)),
        ),
    ),
  );
};
const tree = fc.constantFrom(...kinds).chain((kind) => treeOf(kind, 3, true));

const words = [
  ...names,
  ...functionNames,
  ..."+ - * / // % ( ) ( ) , :: . = <> < <= > >= == != || ' \" [ ] { } ; ? $ \\ -- /* */".split(" "),
  ..."and or not in like ilike between is null case when then else end cast as date timestamp interval extract from true false".split(
    " ",
  ),
  ..."0 1 -1 1e400 .5 5. 1e 0x1F 9223372036854775808 'a' 'it''s' DATE '2024-02-29' \u0000 é 日 🦆".split(" "),
];
// Half of a surrogate pair is no text: UTF-8 cannot say it.
const anyText = fc
  .oneof(
    fc.string(),
    fc.string({ unit: "binary", maxLength: 30 }),
    fc.array(fc.constantFrom(...words), { maxLength: 25 }).map((list) => list.join(" ")),
    fc.tuple(tree, fc.nat(), fc.nat(4), fc.constantFrom("", ...words)).map(([expr, at, lost, word]) => {
      const text = printExpr(expr);
      return text.slice(0, at % (text.length + 1)) + word + text.slice((at % (text.length + 1)) + lost);
    }),
  )
  .filter((text) => text.isWellFormed());

const cell = (value) => {
  if (value === null) return "NULL";
  if (typeof value === "object" && "days" in value) return `'${printDate(value.days)}'`;
  if (typeof value === "object") return `'${printTimestamp(value.micros)}'`;
  return duckdbDialect.literal(String(Object.is(value, -0) ? "-0" : value));
};
const same = (a, b, room) => {
  if (typeof a === "number" && typeof b === "number")
    return (
      a === b ||
      (Number.isNaN(a) && Number.isNaN(b)) ||
      (room > 0 && Math.abs(a - b) <= room * Math.max(Math.abs(a), Math.abs(b)))
    );
  return plain(a) === plain(b);
};
const plain = (value) =>
  JSON.stringify(value, (_, v) =>
    typeof v === "bigint" ? `${v}n` : typeof v === "number" && !Number.isFinite(v) ? String(v) : v,
  );

export async function formulasTarget() {
  const db = await testDatabase();
  const table = async (rows) => {
    const casts = columns.map(({ name, sql }, i) => `CAST(c${i} AS ${sql}) AS ${name}`);
    const tuples = rows.map((row, n) => `(${[n, ...names.map((name) => cell(row[name]))].join(", ")})`);
    await db.run(
      `CREATE OR REPLACE TEMP TABLE t AS SELECT n, ${casts.join(", ")} FROM (VALUES ${tuples.join(", ")}) v(n, ${columns.map((_, i) => `c${i}`).join(", ")})`,
    );
  };
  /** Both give the same of every row, and the kind of value that the type says. */
  const agree = async (expr, rows) => {
    const type = knownType(expr, schema);
    const step = compile(expr, schema);
    const ours = rows.map((row) => step(row));
    await table(rows);
    const sql = exprSql(expr, duckdbDialect, schema);
    const theirs = (await db.rows(`SELECT ${sql} FROM t ORDER BY n`)).map(([value]) => value);
    const room = expr.kind === "call" && rounded.has(expr.op) ? (expr.op === "pow" ? 1e-13 : 4e-15) : 0;
    ours.forEach((value, r) => {
      must(
        same(value, theirs[r], room),
        () => `${printExpr(expr)} (${type?.kind}) of row ${r}: evaluator ${plain(value)}, DuckDB ${plain(theirs[r])}`,
      );
    });
  };
  const show = ({ expr, rows }) =>
    `${printExpr(expr)}\n${rows
      .map((row) => plain(Object.fromEntries(Object.entries(row).filter(([name]) => printExpr(expr).includes(name)))))
      .join("\n")}`;
  return {
    properties: {
      "any text is read or refused": {
        input: anyText,
        async holds(text) {
          const { value: expr } = await orRefused(() => parseExpr(text, names));
          if (!expr) return;
          const printed = printExpr(expr);
          const again = parseExpr(printed, names);
          must(printExpr(again) === printed, () => `prints as ${printed}, and that as ${printExpr(again)}`);
          const { refused } = await orRefused(() => knownType(expr, schema));
          if (!refused) compile(expr, schema);
        },
      },
      "read text has one value": {
        input: fc.record({ text: anyText, rows: rowsInput }),
        async holds({ text, rows }) {
          const { value } = await orRefused(() => {
            const expr = parseExpr(text, names);
            return { expr, type: knownType(expr, schema) };
          });
          if (
            !value?.type ||
            !kinds.includes(value.type.kind) ||
            /row_hash|trees|\b(?:ln|log\w*|exp|pow\w*|sin|cos|tan)\b/i.test(printExpr(value.expr))
          )
            return;
          await agree(value.expr, rows);
        },
      },
      "a tree has one value": {
        input: fc.record({ expr: tree, rows: rowsInput }),
        show,
        async holds({ expr, rows }) {
          const text = printExpr(expr);
          must(
            printExpr(parseExpr(text, names)) === text,
            () => `prints as ${text}, and that as ${printExpr(parseExpr(text, names))}`,
          );
          await agree(expr, rows);
        },
      },
    },
    close: () => db[Symbol.dispose](),
  };
}
