import type { Row } from "../base/schema.js";
import { call, col, type Expr, lit } from "../expr/expr.js";
import type { Aggregate, Relation } from "../expr/relation.js";
import type { EncodedRows, EngineSum, EngineSums, Spread } from "../pages/pass.js";

/** Sums of one query: more of them make methods that Java does not compile (8000 bytes), fewer read the rows more often. */
const sumsOfQuery = 200;
/** Sums that stand in the rows of a hash table cost more. */
const keyedSumsOfQuery = 60;
/** A sum fits 63 bits, and each row is rounded by half a step. */
const bits = 61;

interface Query {
  readonly by: EngineSum["by"];
  readonly sums: readonly { readonly sum: EngineSum; readonly place: number }[];
}

/** The sums of a pass, made where the rows are. `ask` gives a query's numbers, from a journal where it has them. */
export async function sumsInEngine(
  asked: EngineSums,
  rows: Relation,
  ask: (query: Relation, part: string, read: (rows: readonly Row[]) => number[]) => Promise<readonly number[]>,
): Promise<Float64Array> {
  const values: Float64Array[] = asked.sums.map(({ by }) => new Float64Array(placesOf(by)));
  const prepared = asked.steps.reduce<Relation>(
    (from, columns) => (Object.keys(columns).length === 0 ? from : { kind: "project", from, columns, keep: true }),
    rows,
  );
  const queries = queriesOf(asked.sums);
  for (const [i, query] of queries.entries()) {
    const numbers = await ask(relationOf(query, prepared), `${i + 1} of ${queries.length}`, (found) =>
      readQuery(query, found),
    );
    let at = 0;
    for (const { place } of query.sums) {
      const into = values[place]!;
      into.set(numbers.slice(at, at + into.length));
      at += into.length;
    }
  }
  return asked.read(values);
}

const placesOf = (by: EngineSum["by"]): number => by.reduce((places, { width }) => places * width, 1);

/** Sums over the same codes go together, as many as one query may have. */
function queriesOf(sums: readonly EngineSum[]): Query[] {
  const groups = new Map<string, { sum: EngineSum; place: number }[]>();
  sums.forEach((sum, place) => {
    const key = sum.by.map(({ column }) => column).join(" ");
    const group = groups.get(key);
    if (group) group.push({ sum, place });
    else groups.set(key, [{ sum, place }]);
  });
  return [...groups.values()].flatMap((group) => {
    const { by } = group[0]!.sum;
    const most = by.length === 0 ? sumsOfQuery : keyedSumsOfQuery;
    const parts = Math.ceil(group.length / most);
    const size = Math.ceil(group.length / parts);
    return Array.from({ length: parts }, (_, i) => ({ by, sums: group.slice(i * size, (i + 1) * size) }));
  });
}

function relationOf({ by, sums }: Query, from: Relation): Relation {
  const columns: Record<string, Aggregate> = {};
  sums.forEach(({ sum }, i) => {
    const [first = call("toReal", lit(1)), second] = sum.of.map((name): Expr => col(name));
    const product = second ? call("mul", first, second) : first;
    const arg = call("mul", product, call("toReal", lit(2 ** stepsOf(sum))));
    columns[`s${i}`] = { agg: "wholeSum", arg };
  });
  return {
    kind: "aggregate",
    from,
    by: Object.fromEntries(by.map(({ column }, i) => [`by${i}`, col(column)])),
    columns,
  };
}

/** The power of two that makes whole numbers of a sum's products. */
const stepsOf = ({ bound }: EngineSum): number =>
  bound > 0 ? Math.max(-900, Math.min(900, bits - Math.ceil(Math.log2(bound)))) : 0;

function readQuery({ by, sums }: Query, rows: readonly Row[]): number[] {
  const places = placesOf(by);
  const out = new Array<number>(sums.length * places).fill(0);
  for (const row of rows) {
    let place = 0;
    for (const [i, { width }] of by.entries()) {
      const code = row[`by${i}`];
      place = code === null || code === undefined ? Number.NaN : place * width + Number(code);
    }
    if (!(place >= 0)) continue; // a row without a level adds to none
    sums.forEach(({ sum }, i) => {
      out[i * places + place] = Number(row[`s${i}`]) / 2 ** stepsOf(sum);
    });
  }
  return out;
}

/** The smallest and largest value of each column, and how many rows count; nothing where a value is infinite or no number. */
export function rangesQuery(rows: Relation, numbers: number, weighted: boolean): Relation {
  const names = ["label", ...Array.from({ length: numbers }, (_, j) => `n${j}`)];
  const columns: Record<string, Aggregate> = { rows: { agg: "count" } };
  if (weighted) columns["heaviest"] = { agg: "max", arg: col("weight") };
  for (const [i, name] of names.entries()) {
    columns[`low${i}`] = { agg: "min", arg: col(name) };
    columns[`high${i}`] = { agg: "max", arg: col(name) };
  }
  return { kind: "aggregate", from: rows, by: {}, columns };
}

export interface Ranges {
  readonly rows: number;
  readonly heaviest: number;
  /** Of the label, then of each number column; a column without a value lies at 0. */
  readonly columns: readonly { readonly low: number; readonly high: number }[];
}

export function readRanges(row: Row, numbers: number): Ranges {
  const value = (name: string): number => Number(row[name] ?? 0);
  return {
    rows: value("rows"),
    heaviest: row["heaviest"] === undefined ? 1 : value("heaviest"),
    columns: Array.from({ length: numbers + 1 }, (_, i) => ({ low: value(`low${i}`), high: value(`high${i}`) })),
  };
}

/** Sums about the middles of the ranges: from them come means, and bounds for all other sums. */
export function spreadsOf(
  { rows, heaviest, columns }: Ranges,
  weighted: boolean,
): Omit<EngineSums, "read"> & { readonly read: (values: readonly Float64Array[]) => EncodedRows } {
  const most = rows * heaviest;
  const about = columns.map(({ low, high }) => ({ middle: low / 2 + high / 2, reach: high / 2 - low / 2 }));
  const values: Record<string, Expr> = {};
  const products: Record<string, Expr> = {};
  const sums: EngineSum[] = [{ of: weighted ? ["weight"] : [], by: [], bound: most }];
  about.forEach(({ middle, reach }, i) => {
    const value = call("toReal", col(i === 0 ? "label" : `n${i - 1}`));
    values[`z${i}`] = call("sub", value, call("toReal", lit(middle)));
    products[`wz${i}`] = weighted ? call("mul", col(`z${i}`), col("weight")) : col(`z${i}`);
    sums.push(
      { of: [`wz${i}`], by: [], bound: most * reach },
      { of: [`wz${i}`, `z${i}`], by: [], bound: most * reach ** 2 },
    );
  });
  return {
    steps: [values, products],
    sums,
    read(found) {
      const weight = found[0]![0]!;
      const spreads = about.map(({ middle, reach }, i): Spread => {
        const sum = found[1 + 2 * i]![0]!;
        const squares = found[2 + 2 * i]![0]!;
        const near = Math.fround(middle + sum / weight);
        const off = near - middle;
        // Half a step a row is what rounding may have taken away.
        const rounded = rows * 2 ** -bits * most * reach ** 2;
        return { middle: near, squares: 1.001 * (Math.max(0, squares - 2 * off * sum + off * off * weight) + rounded) };
      });
      return { rows, weighted, weight: 1.001 * weight, label: spreads[0]!, numbers: spreads.slice(1) };
    },
  };
}
