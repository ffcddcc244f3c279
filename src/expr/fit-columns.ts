import { UnknownColumnError } from "../base/errors.js";
import { type Column, columnOf, isNumeric, type Reading, type Schema, type Type, typeName } from "../base/schema.js";
import { call, col, type Expr, lit } from "./expr.js";
import type { Project, Relation } from "./relation.js";

// A model's columns as training read them, out of columns of other types: the same row gives the same values whatever form it comes in.

/**
 * How a value becomes one of a column, in steps that name the one before as `x`: what is missing, the digits or the date as we write
 * them, the value. A step is computed once, however often the next one names it.
 */
export interface Fitting {
  readonly steps: readonly [present: Expr, prepared: Expr, value: Expr];
  /** True of what is there and does not fit: over `x`, the present value, and `y`, what it became. Absent where all fit. */
  readonly misfit?: Expr;
}
const x = col("x");
const y = col("y");

/** Spellings of true and false that a column of text had in training, by its name. */
export type Words = Readonly<Record<string, { readonly true?: string; readonly false?: string } | undefined>>;

/** How the wanted columns come out of a source's; a wanted column that is not there is refused by name. */
export function fittings(wanted: readonly Column[], there: Schema, words: Words = {}): (Fitting | undefined)[] {
  return wanted.map((column) => {
    const found = columnOf(there, column.name);
    if (!found)
      throw new UnknownColumnError(
        column.name,
        there.columns.map(({ name }) => name),
      );
    // What was landed by the same rules has them behind it.
    const known =
      found.read && found.type.kind === column.type.kind ? { name: column.name, type: column.type } : column;
    const fitting = fit(known, found.type, words[column.name]);
    return fitting.steps.every((step) => step === x) ? undefined : fitting;
  });
}

/**
 * The rows of a relation with the wanted columns as training read them, `extra` ones of the source beside them, and under `error` what
 * is wrong with a row, or null; `unread` is a column of the source that may say so already.
 */
export function fitRows(
  from: Relation,
  there: Schema,
  wanted: readonly Column[],
  {
    words = {},
    extra = {},
    error,
    unread,
  }: {
    readonly words?: Words;
    readonly extra?: Readonly<Record<string, Expr>>;
    readonly error?: string;
    readonly unread?: string;
  } = {},
): Project {
  const found = fittings(wanted, there, words);
  const others = Object.entries(extra);
  const told = unread === undefined ? lit(null) : col(unread);
  if (found.every((fitting) => fitting === undefined))
    return {
      kind: "project",
      from,
      columns: Object.fromEntries([
        ...others,
        ...wanted.map(({ name }) => [name, col(name)] as const),
        ...(error === undefined ? [] : [[error, told] as const]),
      ]),
    };
  // All names on the way are ours, by place.
  const kept = Object.fromEntries([...others.map((_, i) => [`k${i}`, col(`k${i}`)]), ["e", col("e")]]);
  const step = (below: Relation, columns: readonly (readonly [string, Expr])[]): Project => ({
    kind: "project",
    from: below,
    columns: { ...kept, ...Object.fromEntries(columns) },
  });
  const named = (expr: Expr, by: Readonly<Record<string, string>>): Expr => renamed(expr, by);
  const present = wanted.map(({ name }, i) => [`p${i}`, named(found[i]?.steps[0] ?? x, { x: name })] as const);
  const first: Project = {
    kind: "project",
    from,
    columns: Object.fromEntries([...others.map(([, expr], i) => [`k${i}`, expr] as const), ["e", told], ...present]),
  };
  const p = wanted.map((_, i) => [`p${i}`, col(`p${i}`)] as const);
  const second = step(first, [
    ...p,
    ...wanted.map((_, i) => [`q${i}`, named(found[i]?.steps[1] ?? x, { x: `p${i}` })] as const),
  ]);
  const third = step(second, [
    ...p,
    ...wanted.map((_, i) => [`v${i}`, named(found[i]?.steps[2] ?? x, { x: `q${i}` })] as const),
  ]);
  const problems = wanted.flatMap((column, i) => {
    const misfit = found[i]?.misfit;
    if (!misfit) return [];
    return [call("when", named(misfit, { x: `p${i}`, y: `v${i}` }), problemOf(column, col(`p${i}`)), lit(null))];
  });
  return {
    kind: "project",
    from: third,
    columns: Object.fromEntries([
      ...others.map(([name], i) => [name, col(`k${i}`)] as const),
      ...wanted.map(({ name }, i) => [name, col(`v${i}`)] as const),
      ...(error === undefined
        ? []
        : [[error, problems.length === 0 ? col("e") : call("coalesce", col("e"), ...problems)] as const]),
    ]),
  };
}

function renamed(expr: Expr, by: Readonly<Record<string, string>>): Expr {
  if (expr.kind === "col") return col(by[expr.name]!);
  return expr.kind === "call" ? { ...expr, args: expr.args.map((arg) => renamed(arg, by)) } : expr;
}

const problemOf = ({ name, type }: Column, given: Expr): Expr =>
  call("concat", lit(`column "${name}": '`), call("toText", given), lit(`' is not ${typeName(type)}`));

const asItIs = (present: Expr): Fitting => ({ steps: [present, x, x] });
const converted = (present: Expr, prepared: Expr, value: Expr): Fitting => ({
  steps: [present, prepared, value],
  misfit: call("and", call("isNotNull", x), call("isNull", y)),
});

/** One column of the model out of values of another type. */
export function fit({ type, read }: Column, from: Type, words?: Words[string]): Fitting {
  const present = withoutMissing(from, read);
  const strange: Fitting = { steps: [x, x, nothingOf(type)], misfit: call("isNotNull", x) };
  switch (type.kind) {
    case "int64":
      if (from.kind === "int64") return asItIs(present);
      if (from.kind === "text")
        return converted(present, plainDigits(read), call("coalesce", call("toInt", x), wholeOf(call("toReal", x))));
      if (from.kind === "bool") return converted(present, x, call("toInt", x));
      if (!isNumeric(from)) return strange;
      // NaN is how pandas writes a missing number.
      return {
        ...converted(present, call("toReal", x), wholeOf(x)),
        misfit: call("and", call("isNotNull", x), call("not", call("isNan", x)), call("isNull", y)),
      };
    case "real":
    case "decimal":
      if (from.kind === "int64" || from.kind === "bool") return { steps: [present, x, call("toReal", x)] };
      if (isNumeric(from)) return asItIs(present);
      return from.kind === "text" ? converted(present, plainDigits(read), call("toReal", x)) : strange;
    case "bool":
      if (from.kind === "bool") return asItIs(present);
      if (from.kind === "text") return converted(present, call("lower", call("trim", x)), truthOf(read));
      return isNumeric(from) ? converted(present, x, zeroOrOne(x)) : strange;
    case "text":
      if (from.kind === "text") return asItIs(present);
      if (from.kind === "bool") return { steps: [present, x, spelled(words)] };
      return from.kind === "other" || from.kind === "bytes" ? strange : { steps: [present, x, call("toText", x)] };
    case "date":
    case "timestamp": {
      const op = type.kind === "date" ? "toDate" : "toTimestamp";
      if (from.kind === type.kind) return asItIs(present);
      if (from.kind === "date" || from.kind === "timestamp") return { steps: [present, x, call(op, x)] };
      return from.kind === "text" ? converted(present, call("trim", x), call(op, isoText(read))) : strange;
    }
    default:
      return from.kind === type.kind ? asItIs(present) : strange;
  }
}

/** A missing value of a type. */
function nothingOf({ kind }: Type): Expr {
  const op = ({ text: "toText", date: "toDate", timestamp: "toTimestamp", bool: "toBool" } as const)[kind as "text"];
  return call(op ?? "toReal", lit(null));
}

/** A number without a fraction as a whole one. */
const wholeOf = (number: Expr): Expr =>
  call(
    "when",
    call("and", call("isFinite", number), call("eq", number, call("floor", number))),
    call("toInt", number),
    call("toInt", lit(null)),
  );

/** Values that training took for missing. Where it read text, so was the empty cell. */
function withoutMissing(from: Type, read: Reading | undefined): Expr {
  if (!read) return x;
  const spellings = read.missing ?? [];
  if (from.kind === "text")
    return call("when", call("in", call("trim", x), lit(""), ...spellings.map(lit)), lit(null), x);
  if (!isNumeric(from)) return x;
  const numbers = [...new Set(spellings.map((text) => numberOf(text, read)).filter(Number.isFinite))];
  return numbers.length === 0 ? x : call("when", call("in", x, ...numbers.map(lit)), lit(null), x);
}

/** What a spelling is as a number, by the column's signs. */
export function numberOf(text: string, { decimal = ".", thousands }: Reading = {}): number {
  if (text.trim() === "") return Number.NaN;
  const digits = thousands === undefined ? text : text.replaceAll(thousands, "");
  return Number(decimal === "," ? digits.replace(",", ".") : digits);
}

/** Digits with a point, whatever signs the column has. */
function plainDigits({ decimal = ".", thousands }: Reading = {}): Expr {
  const digits = thousands === undefined ? x : call("replace", x, lit(thousands), lit(""));
  return decimal === "," ? call("replace", digits, lit(","), lit(".")) : digits;
}

/** Of a word in small letters. A number is one as numbers are: 1.0 is 1. */
function truthOf(read: Reading | undefined): Expr {
  const own = (spelling: string | undefined, truth: boolean): Expr[] =>
    spelling === undefined ? [] : [call("eq", x, lit(spelling.toLowerCase())), lit(truth)];
  const word = call("coalesce", zeroOrOne(call("toReal", x)), call("toBool", x));
  const known = [...own(read?.true, true), ...own(read?.false, false)];
  return known.length === 0 ? word : call("when", ...known, word);
}

const zeroOrOne = (number: Expr): Expr =>
  call("when", call("eq", number, lit(1)), lit(true), call("eq", number, lit(0)), lit(false));

const spelled = (words: Words[string] = {}): Expr =>
  call("when", x, lit(words.true ?? "true"), call("not", x), lit(words.false ?? "false"));

/** A date in another order of day, month and year as ISO writes it, with what stands behind it; other text as it is. */
function isoText(read: Reading | undefined): Expr {
  const order = read?.dateOrder ?? orderOf(read?.dateFormat);
  if (order !== "dmy" && order !== "mdy") return x;
  const part = (start: number, count?: number): Expr =>
    call("substring", x, lit(start), ...(count === undefined ? [] : [lit(count)]));
  const branches = [1, 2].flatMap((first) =>
    [1, 2].flatMap((second) => {
      const year = first + second + 3;
      const date = part(1, year + 3);
      const pattern = `${"_".repeat(first)}/${"_".repeat(second)}/____`;
      const [a, b] = [part(1, first), part(first + 2, second)];
      const [month, day] = order === "dmy" ? [b, a] : [a, b];
      const slashed = call("replace", call("replace", date, lit("."), lit("/")), lit("-"), lit("/"));
      return [
        call("like", slashed, lit(pattern)),
        call("concat", part(year, 4), lit("-"), month, lit("-"), day, part(year + 4)),
      ];
    }),
  );
  return call("when", ...branches, x);
}

function orderOf(format: string | undefined): Reading["dateOrder"] {
  const parts = (format ?? "").match(/%-?[dmyYbB]/g)?.map((part) => part.at(-1)!.toLowerCase().replace("b", "m")) ?? [];
  const order = parts.join("");
  return order === "dmy" || order === "mdy" ? order : undefined;
}
