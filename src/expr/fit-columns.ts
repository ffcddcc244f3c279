import { UnknownColumnError } from "../base/errors.js";
import { type Column, columnOf, isNumeric, type Reading, type Schema, type Type, typeName } from "../base/schema.js";
import { call, col, type Expr, lit } from "./expr.js";

// A model's columns as training read them, out of columns of other types: the same row gives the same values whatever form it comes in.

/** A column of the model as a formula over what is there, and where that does not fit, as a condition. */
export interface Fitted {
  readonly value: Expr;
  /** True where there is a value that does not fit; absent where all do. */
  readonly misfit?: Expr;
}

/** Columns named as in the model, and what is wrong with the first that does not fit, or null. */
export interface FittedColumns {
  readonly columns: Readonly<Record<string, Expr>>;
  readonly error: Expr;
}

/** The wanted columns over a source's schema; a wanted column that is not there is refused by name. */
export function fitColumns(wanted: readonly Column[], there: Schema, words: Words = {}): FittedColumns {
  const columns: [name: string, value: Expr][] = [];
  const problems: Expr[] = [];
  for (const column of wanted) {
    const found = columnOf(there, column.name);
    if (!found)
      throw new UnknownColumnError(
        column.name,
        there.columns.map(({ name }) => name),
      );
    const { value, misfit } = fitColumn(column, found.type, col(column.name), words[column.name]);
    columns.push([column.name, value]);
    if (misfit) problems.push(call("when", misfit, problemOf(column, col(column.name)), lit(null)));
  }
  return {
    columns: Object.fromEntries(columns),
    error: problems.length === 0 ? lit(null) : call("coalesce", ...problems),
  };
}

/** Spellings of true and false that a column of text had in training, by its name. */
export type Words = Readonly<Record<string, { readonly true?: string; readonly false?: string } | undefined>>;

const problemOf = ({ name, type }: Column, given: Expr): Expr =>
  call("concat", lit(`column "${name}": '`), call("toText", given), lit(`' is not ${typeName(type)}`));

/** One column of the model out of a value of another type. */
export function fitColumn({ type, read }: Column, from: Type, given: Expr, words?: Words[string]): Fitted {
  const present = withoutMissing(given, from, read);
  const asIs: Fitted = { value: present };
  switch (type.kind) {
    case "int64":
      if (from.kind === "int64") return asIs;
      if (from.kind === "text") return wholeOf(numberIn(present, read), wholeIn(present, read), present);
      return isNumeric(from) || from.kind === "bool"
        ? wholeOf(call("toReal", present), undefined, present)
        : strange(type);
    case "real":
    case "decimal":
      if (isNumeric(from)) return from.kind === "int64" ? { value: call("toReal", present) } : asIs;
      if (from.kind === "bool") return { value: call("toReal", present) };
      return from.kind === "text" ? converted(numberIn(present, read), present) : strange(type);
    case "bool":
      if (from.kind === "bool") return asIs;
      if (from.kind === "text") return converted(truthIn(present, read), present);
      return isNumeric(from) ? converted(zeroOrOne(present), present) : strange(type);
    case "text":
      if (from.kind === "text") return asIs;
      if (from.kind === "bool") return { value: spelled(present, words) };
      return from.kind === "other" || from.kind === "bytes" ? strange(type) : { value: call("toText", present) };
    case "date":
    case "timestamp": {
      const op = type.kind === "date" ? "toDate" : "toTimestamp";
      if (from.kind === type.kind) return asIs;
      if (from.kind === "date" || from.kind === "timestamp") return { value: call(op, present) };
      return from.kind === "text" ? converted(call(op, isoText(present, read)), present) : strange(type);
    }
    default:
      return from.kind === type.kind ? asIs : strange(type);
  }

  function strange(wanted: Type): Fitted {
    return { value: nothingOf(wanted), misfit: call("isNotNull", given) };
  }
}

/** A missing value of a type. */
const nothingOf = ({ kind }: Type): Expr =>
  kind === "text"
    ? call("toText", lit(null))
    : kind === "date"
      ? call("toDate", lit(null))
      : kind === "timestamp"
        ? call("toTimestamp", lit(null))
        : kind === "bool"
          ? call("toBool", lit(null))
          : call("toReal", lit(null));

const converted = (value: Expr, given: Expr): Fitted => ({
  value,
  misfit: call("and", call("isNotNull", given), call("isNull", value)),
});

/** A number without a fraction; NaN, as pandas writes a missing one, is missing. `exact` where the digits are at hand. */
function wholeOf(number: Expr, exact: Expr | undefined, given: Expr): Fitted {
  const isNan = call("coalesce", call("isNan", number), lit(false));
  const isWhole = call("and", call("isFinite", number), call("eq", number, call("floor", number)));
  const whole = call("when", isWhole, call("toInt", number), call("toInt", lit(null)));
  const value = exact ? call("coalesce", exact, whole) : whole;
  return { value, misfit: call("and", call("isNotNull", given), call("not", isNan), call("isNull", value)) };
}

/** Values that training took for missing. Where it read text, so was the empty cell. */
function withoutMissing(given: Expr, from: Type, read: Reading | undefined): Expr {
  if (!read) return given;
  const spellings = read.missing ?? [];
  if (from.kind === "text") {
    const bare = call("trim", given);
    return call("when", call("in", bare, lit(""), ...spellings.map(lit)), lit(null), given);
  }
  if (!isNumeric(from)) return given;
  const numbers = [...new Set(spellings.map((text) => numberOf(text, read)).filter(Number.isFinite))];
  return numbers.length === 0 ? given : call("when", call("in", given, ...numbers.map(lit)), lit(null), given);
}

/** What a spelling is as a number, by the column's signs. */
export function numberOf(text: string, { decimal = ".", thousands }: Reading = {}): number {
  if (text.trim() === "") return Number.NaN;
  const digits = thousands === undefined ? text : text.replaceAll(thousands, "");
  return Number(decimal === "," ? digits.replace(",", ".") : digits);
}

/** A text of digits with a point, whatever signs the column has. */
function plainDigits(text: Expr, { decimal = ".", thousands }: Reading = {}): Expr {
  const digits = thousands === undefined ? text : call("replace", text, lit(thousands), lit(""));
  return decimal === "," ? call("replace", digits, lit(","), lit(".")) : digits;
}
const numberIn = (text: Expr, read: Reading | undefined): Expr => call("toReal", plainDigits(text, read));
const wholeIn = (text: Expr, read: Reading | undefined): Expr => call("toInt", plainDigits(text, read));

function truthIn(text: Expr, read: Reading | undefined): Expr {
  const word = call("lower", call("trim", text));
  const own = (spelling: string | undefined, truth: boolean): Expr[] =>
    spelling === undefined ? [] : [call("eq", word, lit(spelling.toLowerCase())), lit(truth)];
  // As numbers are: 1.0 is 1.
  const number = zeroOrOne(call("toReal", text));
  return call(
    "when",
    ...own(read?.true, true),
    ...own(read?.false, false),
    call("isNotNull", number),
    number,
    call("toBool", text),
  );
}

const zeroOrOne = (number: Expr): Expr =>
  call("when", call("eq", number, lit(1)), lit(true), call("eq", number, lit(0)), lit(false));

const spelled = (truth: Expr, words: Words[string] = {}): Expr =>
  call("when", truth, lit(words.true ?? "true"), call("not", truth), lit(words.false ?? "false"));

/** A date in another order of day, month and year as ISO writes it, with what stands behind it; other text as it is. */
function isoText(text: Expr, read: Reading | undefined): Expr {
  const order = read?.dateOrder ?? orderOf(read?.dateFormat);
  if (order !== "dmy" && order !== "mdy") return text;
  const trimmed = call("trim", text);
  const part = (start: number, count?: number): Expr =>
    call("substring", trimmed, lit(start), ...(count === undefined ? [] : [lit(count)]));
  const shapes = [1, 2].flatMap((first) =>
    [1, 2].flatMap((second) => ["/", ".", "-"].map((sign) => ({ first, second, sign }))),
  );
  const branches = shapes.flatMap(({ first, second, sign }) => {
    const year = first + second + 3;
    const pattern = `${"_".repeat(first)}${sign}${"_".repeat(second)}${sign}____%`;
    const [a, b] = [part(1, first), part(first + 2, second)];
    const [month, day] = order === "dmy" ? [b, a] : [a, b];
    const iso = call("concat", part(year, 4), lit("-"), month, lit("-"), day, part(year + 4));
    return [call("like", trimmed, lit(pattern)), iso];
  });
  return call("when", ...branches, text);
}

function orderOf(format: string | undefined): Reading["dateOrder"] {
  const parts = (format ?? "").match(/%-?[dmyYbB]/g)?.map((part) => part.at(-1)!.toLowerCase().replace("b", "m")) ?? [];
  const order = parts.join("");
  return order === "dmy" || order === "mdy" ? order : undefined;
}
