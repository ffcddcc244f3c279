import { type Column, typeName } from "../../base/schema.js";
import type { Decided, GivenReading } from "./guess.js";
import { knownMissing } from "./guess.js";

/** What was decided about the cells of columns, in sentences, with the flag that decides otherwise. */
export function sentences(decided: readonly Decided[], given: GivenReading): string[] {
  return [
    ...missingSentences(decided, given),
    ...numberSentences(decided, given),
    ...dateSentences(decided, given),
    ...codeSentences(decided),
  ];
}

const named = (names: readonly string[]): string =>
  `${names
    .slice(0, 5)
    .map((name) => JSON.stringify(name))
    .join(", ")}${names.length > 5 ? ` and ${names.length - 5} more` : ""}`;

const quoted = (cells: Iterable<string>): string => [...cells].map((cell) => JSON.stringify(cell)).join(", ");

function missingSentences(decided: readonly Decided[], { missing }: GivenReading): string[] {
  if (missing) return [];
  const known = new Set<string>();
  const doubtful = new Map<string, string[]>();
  for (const { column, guess } of decided) {
    for (const spelling of guess.known) known.add(spelling);
    for (const spelling of guess.doubts.keys())
      if (column.read?.missing?.includes(spelling) && !(knownMissing as readonly string[]).includes(spelling))
        doubtful.set(spelling, [...(doubtful.get(spelling) ?? []), column.name]);
  }
  const all = new Set([...known, ...doubtful.keys()]);
  if (all.size === 0) return [];
  const partly = [...doubtful].filter(([, names]) => names.length < decided.length);
  const where =
    partly.length > 0 ? `; ${partly.map(([spelling, names]) => `"${spelling}" in ${named(names)}`).join(", ")}` : "";
  return [
    `${quoted(all)} ${all.size === 1 ? "is" : "are"} read as missing, like an empty cell (--missing says otherwise)${where}`,
  ];
}

const numeric = ({ column: { type } }: Decided): boolean => type.kind === "int64" || type.kind === "real";

function numberSentences(decided: readonly Decided[], given: GivenReading): string[] {
  const numbers = decided.filter(numeric);
  const names = (some: readonly Decided[]): string => named(some.map(({ column }) => column.name));
  const of = (test: (one: Decided) => boolean): readonly Decided[] => numbers.filter(test);
  const out: string[] = [];
  const sure = (either: Decided["either"]): boolean => either === undefined;
  const decimal = of(({ column, either }) => column.read?.decimal === "," && sure(either));
  if (decimal.length > 0 && given.decimal === undefined)
    out.push(`numbers are written with a decimal comma ("2,6" is 2.6) in ${names(decimal)}`);
  for (const sign of [",", ".", " ", "'"] as const) {
    const groups = of(({ column, either }) => column.read?.thousands === sign && sure(either));
    if (groups.length > 0 && given.thousands === undefined)
      out.push(
        `numbers have ${sign === " " ? "a blank" : sign} between thousands ("1${sign}234" is 1234) in ${names(groups)}`,
      );
  }
  const asGroups = of(({ either }) => either === "decimal");
  for (const { column } of asGroups.slice(0, 5)) {
    const sign = column.read?.thousands === "." ? "." : ",";
    const other = sign === "," ? "." : ",";
    const word = sign === "," ? "comma" : "point";
    out.push(
      `caution: "1${sign}234" in "${column.name}" is read as 1234; each number has three digits behind the ${word}, so it could be 1.234 too (--decimal ${sign} says so, --thousands ${sign} --decimal ${other} agrees)`,
    );
  }
  const asDecimal = of(({ either }) => either === "thousands");
  for (const { column } of asDecimal.slice(0, 5))
    out.push(
      `caution: "1,234" in "${column.name}" is read as 1.234; each number has three digits behind the comma, so it could be 1234 too (--thousands , --decimal . says so, --decimal , agrees)`,
    );
  const adorned = of(({ column }) => column.read?.adorned === true);
  if (adorned.length > 0)
    out.push(
      `signs beside the digits are left out ("5 %" is 5, "$5" is 5; "(5)" and "5-" are -5) in ${names(adorned)} (--type ${adorned[0]!.column.name}=text keeps them)`,
    );
  for (const { column, guess } of of(
    ({ column, guess }) => column.type.kind === "real" && guess.rounded !== undefined,
  ).slice(0, 5))
    out.push(
      `caution: "${column.name}" has whole numbers of more digits than a real number keeps (${guess.rounded} is read as ${Number(guess.rounded)}), beside others with a point (--type ${column.name}=text keeps them)`,
    );
  return out;
}

const orderWords = { dmy: "day/month/year", mdy: "month/day/year", ymd: "year/month/day" } as const;

function dateSentences(decided: readonly Decided[], given: GivenReading): string[] {
  const out: string[] = [];
  const orders = new Map<keyof typeof orderWords, Decided[]>();
  for (const one of decided) {
    const order = one.column.read?.dateOrder;
    if (order) orders.set(order, [...(orders.get(order) ?? []), one]);
  }
  for (const [order, some] of orders) {
    const sure = some.filter(({ either }) => either === undefined).map(({ column }) => column.name);
    if (sure.length > 0 && given.dateFormat === undefined)
      out.push(`dates are read as ${orderWords[order]} in ${named(sure)}`);
    const unsure = some.filter(({ either }) => either !== undefined);
    if (unsure.length > 0)
      out.push(
        `caution: dates are read as ${orderWords[order]} in ${named(unsure.map(({ column }) => column.name))}; the days seen are all below 13, so it could be ${unsure[0]!.either} too (--date-format ${order === "mdy" ? "dmy" : "mdy"} says so)`,
      );
  }
  for (const { column, guess } of decided) {
    const [format, other] = guess.dates.namable;
    if (column.type.kind === "text" && format !== undefined)
      out.push(
        `dates like "${guess.example ?? guess.dates.other}" in "${column.name}" are kept as text (--date-format '${format}'${other && other.length === format.length && format.includes("%y") ? ` or '${other}'` : ""} reads them)`,
      );
  }
  const finer = decided.filter(({ column, guess }) => column.type.kind === "timestamp" && guess.finer !== undefined);
  if (finer.length > 0)
    out.push(
      `caution: times are read to the microsecond, and some in ${named(finer.map(({ column }) => column.name))} are finer ("${finer[0]!.guess.finer}"; --type ${finer[0]!.column.name}=text keeps them)`,
    );
  return out;
}

function codeSentences(decided: readonly Decided[]): string[] {
  const codes = decided
    .filter(({ column, guess }) => column.type.kind === "text" && guess.onlyCodes)
    .map(({ column }) => column.name);
  return codes.length === 0
    ? []
    : [
        `${named(codes)}: numbers with leading zeros, or with an E between digits, are codes, kept as text (--type ${codes[0]}=int64 or =real says otherwise)`,
      ];
}

/** Where a file looks unlike what a model, or a flag, knows of its columns. */
export function contradictions(ruled: readonly Column[], decided: readonly Decided[]): string[] {
  return ruled.flatMap((rule) => {
    const found = decided.find(({ column }) => column.name === rule.name);
    if (!found || found.guess.cells === 0) return [];
    const { dateOrder } = rule.read ?? {};
    const its = found.column.read?.dateOrder;
    if (dateOrder && its && dateOrder !== its && !found.guess.allows(dateOrder))
      return [
        `caution: "${rule.name}" is read with dates as ${orderWords[dateOrder]}, and this file has them as ${orderWords[its]} ("${found.guess.example}")`,
      ];
    if (rule.type.kind === "text" || rule.type.kind === found.column.type.kind) return [];
    if (rule.type.kind === "real" && found.column.type.kind === "int64") return [];
    if (rule.type.kind === "timestamp" && found.column.type.kind === "date") return [];
    return found.column.type.kind === "text"
      ? [`caution: "${rule.name}" is read as ${typeName(rule.type)}, and some of its cells here are none`]
      : [
          `caution: "${rule.name}" is read as ${typeName(rule.type)}, and this file has ${typeName(found.column.type)} there`,
        ];
  });
}
