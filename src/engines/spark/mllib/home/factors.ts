import { SluiceError } from "../../../../base/errors.js";
import { call, type Expr, lit } from "../../../../expr/expr.js";
import { BatchReader, chunkOf } from "../../frames/arrow.js";
import { sql } from "../../frames/plan.js";
import type { MllibModel } from "../model.js";
import type { FactorTable, HomeFactors } from "./state.js";

/** The factors of all users or items, asked of the model: 4 bytes a number on the wire. */
export async function readFactors(model: MllibModel, name: "userFactors" | "itemFactors"): Promise<FactorTable> {
  const asked = model.frame(name);
  const reader = new BatchReader();
  const ids: number[] = [];
  const factors: number[] = [];
  for await (const { responseType } of model.session.run(
    sql("SELECT id, features FROM asked ORDER BY id", {}, { asked }),
  )) {
    const batch = responseType.case === "arrowBatch" ? reader.take(responseType.value) : undefined;
    if (batch === undefined || batch.rows === 0) continue;
    const [id, list] = chunkOf(batch).columns;
    for (const one of id!.data) ids.push(Number(one));
    for (const one of list!.data) factors.push(Number(one));
  }
  return { ids, factors };
}

/** Numbers that are written into a formula at most. */
const mostInFormula = 200_000;
/** DuckDB stops at a formula of 1000 levels. */
const mostRank = 256;

/**
 * The rating as a formula over the numbers of a user and an item: their factors multiplied and added up one after the other in float32,
 * as Spark does it. Of a user or item that training never saw it is NaN, or missing where Spark would drop the row.
 */
export function ratingOf({ rank, cold, users, items }: HomeFactors, user: Expr, item: Expr): Expr {
  const numbers = users.factors.length + items.factors.length;
  if (numbers > mostInFormula || rank > mostRank)
    throw new SluiceError(
      "usage",
      `${users.ids.length} users and ${items.ids.length} items with ${rank} factors each are no formula: it holds at most ${mostInFormula} numbers of rank ${mostRank}; raterOf(model) predicts without one`,
      { users: users.ids.length, items: items.ids.length, rank },
    );
  const factor = ({ ids, factors }: FactorTable, key: Expr, k: number): Expr => ({
    kind: "lookup",
    key,
    keys: ids,
    values: ids.map((_, i) => factors[i * rank + k]!),
    otherwise: null,
  });
  let rating: Expr = lit(0);
  for (let k = 0; k < rank; k++) {
    const product = call("mul", call("toReal", factor(users, user, k)), call("toReal", factor(items, item, k)));
    rating = call("toFloat32", call("add", rating, call("toFloat32", product)));
  }
  if (cold === "drop") return rating;
  const unknown = call("or", call("isNull", user), call("isNull", item));
  return call("when", unknown, lit(null), call("coalesce", rating, lit(Number.NaN)));
}

/** Predicts for one user and item at a time, from tables in memory. */
export interface Rater {
  /** NaN for a user or item that training never saw; `undefined` where Spark would drop the row. */
  predict(user: number, item: number): number | undefined;
  /** The items with the highest ratings, the highest first, equal ones by their numbers; none for an unknown user. */
  recommend(user: number, count: number): readonly { readonly item: number; readonly rating: number }[];
}

/** A model of ratings ready to be asked: 8 bytes for each factor, and a map of the users' and items' numbers. */
export function raterOf({ rank, cold, users, items }: HomeFactors): Rater {
  const [ofUsers, ofItems] = [users, items].map(({ factors }) => Float32Array.from(factors)) as [
    Float32Array,
    Float32Array,
  ];
  const placeOf = ({ ids }: FactorTable): ReadonlyMap<number, number> => new Map(ids.map((id, place) => [id, place]));
  const [userPlaces, itemPlaces] = [placeOf(users), placeOf(items)];
  const rating = (user: number, item: number): number => {
    let sum = 0;
    for (let k = 0; k < rank; k++)
      sum = Math.fround(sum + Math.fround(ofUsers[user * rank + k]! * ofItems[item * rank + k]!));
    return sum;
  };
  return {
    predict(user, item) {
      const [u, i] = [userPlaces.get(user), itemPlaces.get(item)];
      if (u === undefined || i === undefined) return cold === "nan" ? Number.NaN : undefined;
      return rating(u, i);
    },
    recommend(user, count) {
      const u = userPlaces.get(user);
      if (u === undefined) return [];
      const best: { item: number; rating: number }[] = [];
      for (const [i, item] of items.ids.entries()) {
        const one = { item, rating: rating(u, i) };
        if (best.length >= count && !(one.rating > best[best.length - 1]!.rating)) continue;
        const at = best.findIndex(({ rating }) => rating < one.rating);
        best.splice(at < 0 ? best.length : at, 0, one);
        if (best.length > count) best.pop();
      }
      return best;
    },
  };
}
