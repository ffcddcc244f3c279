import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generator } from "../base/seeds.js";
import type { Relation } from "../expr/relation.js";
import { type TestTables, testTables } from "../features/testing.js";
import { passes } from "../learners/registry.js";
import { Arena } from "../pages/arena.js";
import { layoutOf, type Page } from "../pages/page.js";
import type { EncodedRows, Pass } from "../pages/pass.js";
import { rangesQuery, readRanges, spreadsOf, sumsInEngine } from "./engine-sums.js";

const rows = 400;
const next = generator(11);
const column = <T>(make: (i: number) => T): T[] => Array.from({ length: rows }, (_, i) => make(i));
// One column far from zero, one with a value a million times the others, one with missing values.
const numbers = [
  column(() => Math.fround(3000 + next())),
  column((i) => Math.fround(i === 7 ? 1e6 : next() - 0.5)),
  column(() => (next() < 0.2 ? Number.NaN : Math.fround(next() * 1e-3))),
];
const codes = [column(() => Math.floor(next() * 4) - 1), column(() => Math.floor(next() * 2))];
const weight = column((i) => (i % 5 === 0 ? 0 : 0.5 + next()));
const layout = layoutOf([
  ...numbers.map((_, j) => ({ kind: "number", name: `x${j}`, dtype: "f32", shift: 0, exponent: 0 }) as const),
  { kind: "category", name: "c0", dtype: "i32", width: 3 },
  { kind: "category", name: "c1", dtype: "i32", width: 2 },
]);
const fill = [3000.5, 0, 5e-4];
const reading = { fill, centre: [3000.5, 0.1, 4e-4] };
const coefficients = [0.3, -1e-6, 90, 0.2, -0.4, 0.1, 0.5, 0];

/** The pass's plain reference over one page that holds all rows. */
function byReference(pass: Pass<unknown>, params: unknown, label: readonly number[], weighted: boolean): Float64Array {
  const page: Page = {
    rows,
    index: 0,
    file: 0,
    firstRow: 0,
    numbers: numbers.map((each) => Float32Array.from(each)),
    codes: codes.map((each) => Int32Array.from(each)),
    hashed: [],
    terms: [],
    label: Float64Array.from(label),
    weight: Float64Array.from(weight, (each) => (weighted ? each : 1)),
    split: new Uint8Array(rows),
  };
  const into = new Float64Array(pass.length(params, layout));
  pass.start(params, layout, new Arena(2 ** 26))(page, into);
  return into;
}

let tables: TestTables;
beforeAll(async () => {
  tables = await testTables();
});
afterAll(() => tables[Symbol.asyncDispose]());

/** The same sum by queries of DuckDB. */
async function byQueries(pass: Pass<unknown>, params: unknown, label: readonly number[], weighted: boolean) {
  const value = (x: number): string => (Number.isNaN(x) ? "NULL" : `'${x}'::FLOAT`);
  const kept = column((i) => i).filter((i) => !weighted || weight[i]! > 0);
  const list = kept.map(
    (i) =>
      `(${[...numbers.map((each) => value(each[i]!)), ...codes.map((each) => (each[i]! < 0 ? "NULL" : each[i]!)), `'${label[i]}'::DOUBLE`, `'${weight[i]}'::DOUBLE`].join(", ")})`,
  );
  const names = ["n0", "n1", "n2", "k0", "k1", "label", "weight"];
  const from: Relation = {
    kind: "sql",
    text: `SELECT * FROM (VALUES ${list.join(", ")}) AS v(${names.join(", ")})`,
    schema: {
      columns: names.map((name) => ({ name, type: name.startsWith("k") ? { kind: "int64" } : { kind: "real" } })),
    },
  };
  const ask = async (query: Relation) => tables.engine.rows(query, Number.POSITIVE_INFINITY);
  const asking = async (query: Relation, _part: string, read: (found: Awaited<ReturnType<typeof ask>>) => number[]) =>
    read(await ask(query));
  const [found] = await ask(rangesQuery(from, numbers.length, weighted));
  const spreads = spreadsOf(readRanges(found!, numbers.length), weighted);
  let about: EncodedRows | undefined;
  await sumsInEngine(
    {
      ...spreads,
      read: (values) => {
        about = spreads.read(values);
        return new Float64Array(0);
      },
    },
    from,
    asking,
  );
  return sumsInEngine(pass.inEngine!(params as never, layout, about!), from, asking);
}

const binary = column(() => (next() < 0.4 ? 1 : 0));
const classes = column(() => Math.floor(next() * 3));
const target = column(() => 50 + 10 * next());
const cases: readonly (readonly [string, unknown, readonly number[]])[] = [
  ["moments", { numbers: 3, classes: 3 }, classes],
  ["moments", { numbers: 3, classes: 0 }, target],
  ["gram", { ...reading, labelCentre: 55 }, target],
  ["squared", { ...reading, weights: coefficients, intercept: 54 }, target],
  ["logistic", { ...reading, weights: coefficients, intercept: -0.4, hessian: true }, binary],
  ["logistic", { ...reading, weights: coefficients.map(() => 0), intercept: 0, hessian: false }, binary],
  [
    "softmax",
    {
      ...reading,
      weights: [1, -0.5, 0].map((by) => coefficients.map((x) => by * x)),
      intercepts: [0.1, 0, -0.3],
      hessian: true,
    },
    classes,
  ],
];

describe.each(["weighted rows", "rows of weight 1"])("passes as queries over %s", (which) => {
  const weighted = which === "weighted rows";
  test.each(cases)("%s gives what its reference gives", async (name, params, label) => {
    const pass = passes[name] as unknown as Pass<unknown>;
    const expected = byReference(pass, params, label, weighted);
    const found = await byQueries(pass, params, label, weighted);
    expect(found).toHaveLength(expected.length);
    expected.forEach((value, i) => {
      // The outlier's column makes sums of 1e12 beside such of 1e-4; rows are rounded to 2^-61 of each sum's bound, and
      // doubles to 2^-53 of their magnitudes.
      expect(Math.abs(found[i]! - value), `sum ${i}: ${found[i]} for ${value}`).toBeLessThan(
        1e-9 * (Math.abs(value) + 1e-3),
      );
    });
  });
});
