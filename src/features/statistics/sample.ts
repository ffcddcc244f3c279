import { subSeed } from "../../base/seeds.js";
import type { Engine } from "../../engines/contract.js";
import { call, columnsOf, type Expr, lit } from "../../expr/expr.js";
import type { Relation } from "../../expr/relation.js";

/** Whether a row belongs to the seeded sample of about `wanted` of `rows` rows. */
export function inSample(seed: number, wanted: number, rows: number): Expr {
  if (rows <= wanted) return lit(true);
  const below = Math.floor((wanted / rows) * 2 ** 32);
  return call("lt", { kind: "rowHash", seed: subSeed(seed, "statistics") }, lit(below));
}

export const filtered = (from: Relation, where: Expr): Relation =>
  where.kind === "lit" && where.value === true ? from : { kind: "filter", from, where };

/** The values of numeric expressions, row by row, NaN where missing: one array for each expression. */
export async function readNumbers(
  exprs: readonly Expr[],
  from: Relation | readonly Relation[],
  { engine, signal }: { readonly engine: Pick<Engine, "batches">; readonly signal?: AbortSignal },
): Promise<Float64Array[]> {
  const columns = Object.fromEntries(exprs.map((of, i) => [`a${i}`, of]));
  const parts: Float64Array[][] = exprs.map(() => []);
  for (const relation of "kind" in from ? [from] : from)
    for await (const chunk of engine.batches({ kind: "project", from: narrowed(relation, exprs), columns }, signal))
      chunk.columns.forEach(({ data, valid }, i) => {
        const values = new Float64Array(chunk.rows);
        for (let row = 0; row < chunk.rows; row++)
          values[row] = valid === undefined || (valid[row >> 3]! >> (row & 7)) & 1 ? Number(data[row]) : Number.NaN;
        parts[i]!.push(values);
      });
  return parts.map(joined);
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * The relation over a scan that names only the columns that are read, so that a query over a few of 10,000 columns binds few.
 * A text file is read by position: its scan stays whole.
 */
export function narrowed(relation: Relation, exprs: readonly Expr[]): Relation {
  const used = new Set<string>();
  for (const expr of exprs) columnsOf(expr, used);
  return narrow(relation, used);
}

function narrow(relation: Relation, used: Set<string>): Relation {
  switch (relation.kind) {
    case "scan": {
      const { scan } = relation;
      if (scan.format !== "parquet" && scan.format !== "table" && scan.format !== "spark") return relation;
      const read = scan.schema.columns.filter(({ name }) => used.has(name));
      const columns = read.length > 0 ? read : scan.schema.columns.slice(0, 1);
      return { ...relation, scan: { ...scan, schema: { columns } } };
    }
    case "filter":
      columnsOf(relation.where, used);
      return { ...relation, from: narrow(relation.from, used) };
    case "limit":
      return { ...relation, from: narrow(relation.from, used) };
    default:
      return relation;
  }
}
