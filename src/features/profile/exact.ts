import { type Column, isNumeric } from "../../base/schema.js";
import type { Engine } from "../../engines/contract.js";
import { call, col, type Expr, lit } from "../../expr/expr.js";
import type { Aggregate, Relation } from "../../expr/relation.js";
import type { Question } from "../contract.js";
import { asReal } from "../formulas.js";
import { answer, type StatisticsOptions } from "../statistics.js";
import { type ColumnProfile, quantilesShown, shown, shownOrder, topShown } from "./sample.js";

type Facts = { readonly seed: number; readonly rowsTotal: number; readonly signal?: AbortSignal };

/** A column's values as learning takes them: NaN is missing, too. */
export const presentOf = ({ name, type }: Column): Expr =>
  type.kind === "real" ? call("when", call("isNan", col(name)), lit(null), col(name)) : col(name);

/** Replaces what came from a sample by exact figures: one sorted stream of counted values for each ordered column. */
export async function exactFacts(
  engine: Pick<Engine, "rows" | "batches">,
  relation: Relation,
  columns: readonly Column[],
  profiles: readonly ColumnProfile[],
  facts: Facts,
): Promise<ColumnProfile[]> {
  const options: StatisticsOptions = { engine, relation, ...facts };
  const plain = columns.filter(
    ({ type }) => isNumeric(type) || ["bool", "text", "date", "timestamp"].includes(type.kind),
  );
  const distinct: Record<string, Aggregate> = Object.fromEntries(
    plain.map((column, i) => [`d${i}`, { agg: "countDistinct", arg: presentOf(column) }]),
  );
  const counts =
    plain.length > 0
      ? (await engine.rows({ kind: "aggregate", from: relation, by: {}, columns: distinct }, 1, facts.signal))[0]!
      : {};
  const out: ColumnProfile[] = [];
  for (const [i, column] of columns.entries()) {
    const old = profiles[i]!;
    const at = plain.indexOf(column);
    if (at < 0) {
      out.push(old);
      continue;
    }
    const of = presentOf(column);
    const numeric = isNumeric(column.type);
    const questions: Question[] = [
      { ask: "values", of, limit: topShown },
      ...(numeric
        ? ([
            { ask: "mean", of },
            { ask: "deviation", of },
          ] as const)
        : []),
    ];
    const [top, mean, deviation] = await answer(questions, options);
    const order = orderExpr(column);
    const values = order ? await exactQuantiles(order, options) : null;
    out.push({
      ...old,
      distinct: Number(counts[`d${at}`]),
      mean: numeric ? Number(mean) : null,
      deviation: numeric ? Number(deviation) : null,
      quantiles: values
        ? quantilesShown.map((at, k) => ({ at, value: shownOrder(values[k]!, column.type.kind) }))
        : old.quantiles,
      top:
        old.top.length === 0
          ? []
          : (top as readonly { value: never; count: number }[]).map(({ value, count }) => ({
              value: shown(value)!,
              share: count / facts.rowsTotal,
            })),
    });
  }
  return out;
}

function orderExpr({ name, type }: Column): Expr | undefined {
  if (isNumeric(type)) return asReal(col(name));
  return type.kind === "date"
    ? call("epochDays", col(name))
    : type.kind === "timestamp"
      ? call("epochMicros", col(name))
      : undefined;
}

/** The engine counts and sorts the values (and spills if it must); here only the running count is kept. */
async function exactQuantiles(of: Expr, { engine, relation, signal }: StatisticsOptions): Promise<number[] | null> {
  const present: Relation = { kind: "filter", from: relation, where: call("not", call("isNull", of)) };
  const counted: Relation = { kind: "aggregate", from: present, by: { v: of }, columns: { n: { agg: "count" } } };
  const total = Number(
    (await engine.rows({ kind: "aggregate", from: present, by: {}, columns: { n: { agg: "count" } } }, 1, signal))[0]?.[
      "n"
    ] ?? 0,
  );
  if (total === 0) return null;
  const places = quantilesShown.map((at) => (total - 1) * at);
  const wanted = [
    ...new Set(places.flatMap((place) => [Math.floor(place), Math.min(total - 1, Math.floor(place) + 1)])),
  ].sort((a, b) => a - b);
  const found = new Map<number, number>();
  let [seen, next] = [0, 0];
  for await (const { rows, columns } of engine.batches(
    { kind: "sort", from: counted, by: [{ expr: col("v") }] },
    signal,
  )) {
    for (let row = 0; row < rows; row++) {
      seen += Number(columns[1]!.data[row]);
      while (next < wanted.length && wanted[next]! < seen) found.set(wanted[next++]!, Number(columns[0]!.data[row]));
    }
    if (next === wanted.length) break;
  }
  return places.map((place) => {
    const [low, high] = [found.get(Math.floor(place))!, found.get(Math.min(total - 1, Math.floor(place) + 1))!];
    return low + (high - low) * (place - Math.floor(place));
  });
}
