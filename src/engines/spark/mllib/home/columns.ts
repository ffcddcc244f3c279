import { SluiceError, UnknownColumnError } from "../../../../base/errors.js";
import { call, col, type Expr, lit } from "../../../../expr/expr.js";
import { ratingOf } from "./factors.js";
import { dot, outputsOf } from "./outputs.js";
import type { HomeAffine, HomeAssemble, HomeIndex, HomeModel, HomeProjection } from "./state.js";

/** Columns as formulas: a number, a text, or the numbers of a vector. */
export type HomeColumns = Readonly<Record<string, Expr | readonly Expr[]>>;

/**
 * What models that came home add to columns, one after the other: formulas over the columns that go in, under the names that Spark has
 * for them. Where Spark would stop at an unseen or missing value, the result is missing.
 */
export function homeColumns(models: readonly HomeModel[], columns: HomeColumns): HomeColumns {
  let all = columns;
  for (const model of models) all = { ...all, ...added(model, all) };
  return all;
}

function added(model: HomeModel, all: HomeColumns): HomeColumns {
  switch (model.kind) {
    case "assemble":
      return assembled(model, all);
    case "index":
      return indexed(model, all);
    case "affine":
      return { [model.columns.output]: affine(model, vector(all, model.columns.input)) };
    case "projection":
      return { [model.columns.output]: projected(model, vector(all, model.columns.input)) };
    case "factors": {
      const { user, item, prediction } = model.columns;
      return prediction === "" ? {} : { [prediction]: ratingOf(model, value(all, user), value(all, item)) };
    }
    default: {
      const { features, prediction, ...more } = model.columns;
      const outputs = outputsOf(model, vector(all, features));
      const names = { prediction, ...more } as Readonly<Record<string, string | undefined>>;
      return Object.fromEntries(
        Object.entries(outputs).flatMap(([output, value]) => (names[output] ? [[names[output], value]] : [])),
      );
    }
  }
}

function columnIn(all: HomeColumns, name: string): Expr | readonly Expr[] {
  const found = all[name];
  if (found === undefined) throw new UnknownColumnError(name, Object.keys(all));
  return found;
}

const isVector = (column: Expr | readonly Expr[]): column is readonly Expr[] => Array.isArray(column);

function vector(all: HomeColumns, name: string): readonly Expr[] {
  const found = columnIn(all, name);
  if (isVector(found)) return found;
  throw new SluiceError(
    "wrong_type",
    `column "${name}" is one value; the model reads a vector: give a list of formulas`,
    {
      column: name,
    },
  );
}

function value(all: HomeColumns, name: string): Expr {
  const found = columnIn(all, name);
  if (!isVector(found)) return found;
  throw new SluiceError("wrong_type", `column "${name}" is a vector; the model reads one value`, { column: name });
}

const assembled = ({ columns }: HomeAssemble, all: HomeColumns): HomeColumns => ({
  [columns.output]: columns.inputs.flatMap((name) => {
    const found = columnIn(all, name);
    return isVector(found) ? found : [call("toReal", found)];
  }),
});

function indexed({ columns, labels, unseen }: HomeIndex, all: HomeColumns): HomeColumns {
  const entries = columns.inputs.map((name, i) => {
    const found = value(all, name);
    const keys = labels[i]!;
    const otherwise = unseen === "last" ? keys.length : null;
    return [
      columns.outputs[i]!,
      { kind: "lookup", key: found, keys, values: keys.map((_, k) => k), otherwise },
    ] as const;
  });
  return Object.fromEntries(entries);
}

const affine = ({ shift, factor, offset }: HomeAffine, features: readonly Expr[]): readonly Expr[] =>
  features.map((x, j) => {
    const by = factor[j]!;
    if (by === null) return call("toReal", lit(offset[j]!));
    const moved = shift[j] === 0 ? x : call("sub", x, lit(shift[j]!));
    const scaled = by === 1 ? moved : call("mul", moved, lit(by));
    return offset[j] === 0 ? scaled : call("add", scaled, lit(offset[j]!));
  });

const projected = ({ components }: HomeProjection, features: readonly Expr[]): readonly Expr[] =>
  components.map((weights) => dot(weights, features));

/** Columns that are there under their own names: a vector of some of them is a list of names. */
export const columnsNamed = (names: Readonly<Record<string, string | readonly string[]>>): HomeColumns =>
  Object.fromEntries(
    Object.entries(names).map(([name, of]) => [name, typeof of === "string" ? col(of) : of.map((one) => col(one))]),
  );
