import { call, type Expr, lit, type Trees } from "./expr.js";
import { type OpName, opNames } from "./ops.js";
import { snake } from "./print.js";

/** Other names of operations, as SQL dialects, pandas and numpy have them. */
const aliases: Readonly<Record<string, OpName>> = {
  log: "ln",
  power: "pow",
  ceiling: "ceil",
  mod: "mod",
  substr: "substring",
  mid: "substring",
  len: "length",
  char_length: "length",
  strlen: "length",
  ucase: "upper",
  lcase: "lower",
  starts_with: "startsWith",
  startswith: "startsWith",
  is_nan: "isNan",
  isnan: "isNan",
  is_finite: "isFinite",
  isfinite: "isFinite",
  isnull: "isNull",
  notnull: "isNotNull",
  signum: "sign",
  dayofweek: "dayOfWeek",
  weekday: "dayOfWeek",
  isodow: "dayOfWeek",
  dow: "dayOfWeek",
  dayofyear: "dayOfYear",
  doy: "dayOfYear",
  dayofmonth: "day",
  weekofyear: "week",
  years: "year",
  hours: "hour",
  minutes: "minute",
  seconds: "second",
  months: "month",
  days: "day",
  epoch: "epochSeconds",
  unix_timestamp: "epochSeconds",
  epoch_us: "epochMicros",
  to_number: "toReal",
  double: "toReal",
  float: "toReal",
  int: "toInt",
  str: "toText",
  string: "toText",
  fillna: "coalesce",
  ifnull: "coalesce",
  nvl: "coalesce",
  if: "when",
  iif: "when",
  maximum: "greatest",
  minimum: "least",
};

type Build = (args: readonly Expr[]) => Expr | undefined;
const exactly =
  (count: number, build: (...args: Expr[]) => Expr): Build =>
  (args) =>
    args.length === count ? build(...args) : undefined;
/** Functions that are short for a formula. */
const composed: Readonly<Record<string, Build>> = {
  nullif: exactly(2, (a, b) => call("when", call("eq", a, b), lit(null), a)),
  log1p: exactly(1, (a) => call("ln", call("add", a, lit(1)))),
  square: exactly(1, (a) => call("mul", a, a)),
  left: exactly(2, (a, n) => call("substring", a, lit(1), n)),
  pi: exactly(0, () => lit(Math.PI)),
  date_part: (args) => datePart(args),
  datepart: (args) => datePart(args),
  log: (args) =>
    args.length === 2
      ? call("div", call("ln", args[1]!), call("ln", args[0]!))
      : args.length === 1
        ? call("ln", args[0]!)
        : undefined,
  round: (args) => rounded(args),
  row_hash: ([seed, ...more]) =>
    seed?.kind === "lit" && typeof seed.value === "number" && more.length === 0
      ? { kind: "rowHash", seed: seed.value }
      : undefined,
  lookup: (args) => lookup(args),
  trees: (args) => trees(args),
};

/** round(x, 2) by way of hundredths. */
function rounded(args: readonly Expr[]): Expr | undefined {
  if (args.length === 1) return call("round", args[0]!);
  const [x, digits] = args;
  if (args.length !== 2 || digits!.kind !== "lit" || !Number.isInteger(digits!.value)) return undefined;
  const factor = 10 ** Math.abs(digits!.value as number);
  return (digits!.value as number) >= 0
    ? call("div", call("round", call("mul", x!, lit(factor))), lit(factor))
    : call("mul", call("round", call("div", x!, lit(factor))), lit(factor));
}

function datePart([part, of, ...more]: readonly Expr[]): Expr | undefined {
  if (part?.kind !== "lit" || typeof part.value !== "string" || !of || more.length > 0) return undefined;
  const op = byName.get(part.value.toLowerCase());
  return op && call(op, of);
}

/** As the printer writes it: key, then pairs, then what else. */
function lookup([key, ...rest]: readonly Expr[]): Expr | undefined {
  const values = rest.map((arg) => (arg.kind === "lit" ? arg.value : undefined)) as (
    | string
    | number
    | boolean
    | null
    | undefined
  )[];
  if (!key || values.length % 2 === 0 || values.includes(undefined)) return undefined;
  const keys = values.filter((_, i) => i % 2 === 0 && i < values.length - 1) as string[];
  return {
    kind: "lookup",
    key,
    keys,
    values: values.filter((_, i) => i % 2 === 1) as string[],
    otherwise: values.at(-1) as string | null,
  };
}

/** As the printer writes it: the trees as JSON, then their inputs. */
function trees([table, ...inputs]: readonly Expr[]): Expr | undefined {
  if (table?.kind !== "lit" || typeof table.value !== "string") return undefined;
  try {
    const { base, trees } = JSON.parse(table.value) as Pick<Trees, "base" | "trees">;
    return typeof base === "number" && Array.isArray(trees) ? { kind: "trees", inputs, base, trees } : undefined;
  } catch {
    return undefined;
  }
}

const byName: ReadonlyMap<string, OpName> = new Map([
  ...opNames.flatMap((op): [string, OpName][] => [
    [op.toLowerCase(), op],
    [snake(op), op],
  ]),
  ...Object.entries(aliases),
]);

export const functionNames: readonly string[] = [
  ...new Set([...opNames.map(snake), ...Object.keys(aliases), ...Object.keys(composed)]),
].sort();

/** The formula that a function call stands for: `unknown` names no function, `misused` one with other arguments. */
export function callNamed(name: string, args: readonly Expr[]): Expr | "unknown" | "misused" {
  const word = name.toLowerCase();
  const build = composed[word];
  if (build) return build(args) ?? "misused";
  const op = byName.get(word);
  return op ? call(op, ...args) : "unknown";
}

/** The part of a date by the word for it: hour, dow, epoch. */
export const partNamed = (word: string): OpName | undefined => byName.get(word.toLowerCase());
