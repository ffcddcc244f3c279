import { isNameAgain } from "./cells.js";
import { doubtful, isKnownMissing } from "./guess.js";
import { isNumberLike, toBool, toDate, toReal, toTimestamp, unadorned } from "./values.js";

type Records = readonly (readonly string[])[];

/** Names of columns: blanks around them are cut, an empty one is `column3`, one that is taken gets a number. */
export function columnNames(cells: readonly string[]): string[] {
  const taken = new Set<string>();
  return cells.map((cell, i) => {
    const base = cell.replaceAll("\0", "").trim() || `column${i}`;
    let name = base;
    for (let n = 1; taken.has(name); n++) name = `${base}_${n}`;
    taken.add(name);
    return name;
  });
}

const dates = ["dmy", "mdy", "ymd"].flatMap((order) => [
  toDate(order),
  toTimestamp(order, false),
  toTimestamp(order, true),
]);
const yearly = /^(?:1[89]|20|21)\d\d$/;
const isDate = (cell: string): boolean => /^\d/.test(cell) && dates.some((read) => read(cell) !== undefined);
const isValue = (cell: string): boolean =>
  toReal(cell) !== undefined || isNumberLike(cell) || isDate(cell) || toBool(cell) !== undefined;
/** `5 %`, `$5`: a value where the cells below are of its kind, else a name. */
const isAdorned = (cell: string): boolean => isNumberLike(unadorned(cell) ?? "");
const isMissing = (cell: string): boolean => isKnownMissing.has(cell) || doubtful.has(cell);
/** Years and dates name columns as well as they fill them. */
export const isTimeName = (cell: string): boolean => yearly.test(cell) || isDate(cell);

/** The first record names the columns: nothing in it recurs below, its cells differ, and where it has years or dates the cells below are none. */
export function hasHeader(records: Records): boolean {
  const [first, ...rest] = records;
  if (!first) return false;
  const names = first.map((cell) => cell.trim());
  const said = names.filter((name) => name !== "");
  if (said.length === 0) return false;
  const values = names.flatMap((name, i) =>
    name !== "" && (isValue(name) || (isAdorned(name) && rest.some((record) => isAdorned((record[i] ?? "").trim()))))
      ? [i]
      : [],
  );
  if (values.length > 0) return namesTimes(names, values, rest);
  if (isTypedBelow(names, rest)) return true;
  if (said.some(isMissing)) return false;
  if (new Set(said).size < said.length || said.some((name) => name.length > 100)) return false;
  if (rest.length === 0) return true;
  return (
    said.length > names.length / 2 &&
    names.every((name, i) => name === "" || !rest.some((record) => record[i]?.trim() === name))
  );
}

/** Whether columns of numbers or dates stand under words. */
export const isTypedBelow = (names: readonly string[], rest: Records): boolean =>
  names.some((name, i) => {
    if (name === "" || isMissing(name) || isValue(name)) return false;
    const cells = rest.map((record) => record[i]?.trim() ?? "").filter((cell) => cell !== "" && !isMissing(cell));
    return (
      cells.length > 0 &&
      cells.filter((cell) => isValue(cell) || isAdorned(cell) || /^\d+[.,:/-]/.test(cell)).length >= 0.9 * cells.length
    );
  });

/** `country, 2019, 2020`: years or dates that rise, beside words, above cells that are of another kind. */
function namesTimes(names: readonly string[], values: readonly number[], rest: Records): boolean {
  if (rest.length === 0 || values.length === names.length) return false;
  if (!values.every((i) => isTimeName(names[i]!))) return false;
  const times = values.map((i) => names[i]!);
  if (new Set(times).size < times.length) return false;
  const words = names.filter((name, i) => name !== "" && !values.includes(i));
  if (words.length === 0 || words.some((word) => rest.some((record) => record.includes(word)))) return false;
  return values.every((i) => {
    const below = rest.map((record) => record[i]?.trim() ?? "").filter((cell) => cell !== "" && !isMissing(cell));
    const alike = below.filter(yearly.test(names[i]!) ? (cell) => yearly.test(cell) : isTimeName).length;
    return alike <= 0.2 * below.length && (times.length > 1 || below.length > 2);
  });
}

/** How many lines at the top name the columns: none, one, or more where those of several are joined. */
export function headerLines(records: Records): number {
  for (let lines = Math.min(3, records.length - 2); lines > 1; lines--)
    if (
      (goesOn(records, lines) || fillsGaps(records.slice(0, lines))) &&
      hasHeader([joinedHeader(records.slice(0, lines)), ...records.slice(lines, lines + 500)])
    )
      return lines;
  const top = records.slice(0, 500);
  return hasHeader(top) || standsAgain(top) ? 1 : 0;
}

/** Files that were put together have their header in their middle, too: words above numbers, wherever they stand. */
function standsAgain(records: Records): boolean {
  const [first = []] = records;
  const isFirst = (record: readonly string[]): boolean =>
    record.length === first.length && record.every((cell, i) => isNameAgain(cell, first[i]!, i));
  const rest = records.slice(1).filter((record) => !isFirst(record));
  if (first.length < 2 || rest.length === 0 || rest.length === records.length - 1) return false;
  const names = first.map((name) => name.trim());
  return !names.some(isValue) && isTypedBelow(names, rest);
}

/** Whether the lines behind the first have words, or nothing, in each column that has numbers or dates from there on. */
function goesOn(records: Records, lines: number): boolean {
  const [first = []] = records;
  const below = records.slice(lines, lines + 500);
  const isWord = (cell = ""): boolean => cell.trim() !== "" && !isMissing(cell.trim()) && !isValue(cell.trim());
  const typed = first.flatMap((_, i) => {
    const cells = below.map((record) => record[i]?.trim() ?? "").filter((cell) => cell !== "" && !isMissing(cell));
    return cells.length > 0 && cells.every(isValue) ? [i] : [];
  });
  const merged = first.some((cell) => cell.trim() === "");
  return records.slice(1, lines).every(
    (record) =>
      record.length === first.length &&
      typed.every((i) => isWord(record[i]) || (record[i] ?? "").trim() === "") &&
      typed.filter((i) => isWord(record[i])).length >= typed.length / 2 &&
      // One word above numbers may be a slip in the first row; units and merged cells are none.
      (typed.length > 1 || (typed.length === 1 && (merged || /^[([].*[)\]]$/.test(record[typed[0]!]!.trim())))),
  );
}

/** Whether lines behind the first have words under its merged cells alone, so that each column gets a name of its own. */
function fillsGaps([first = [], ...others]: Records): boolean {
  const said = (cell = ""): boolean => cell.trim() !== "";
  const isWord = (cell: string): boolean => !isValue(cell) && !isAdorned(cell) && !isMissing(cell);
  const merged = (i: number): boolean => !said(first[i]) || (i + 1 < first.length && !said(first[i + 1]));
  const gaps = first.flatMap((cell, i) => (!said(cell) && others.some((line) => said(line[i])) ? [i] : []));
  const words = first.flatMap((_, i) => (others.some((line) => said(line[i])) ? [i] : []));
  return (
    gaps.length > 0 &&
    2 * gaps.length > first.filter((cell) => !said(cell)).length &&
    others.at(-1)!.some(said) &&
    others.every(({ length }) => length === first.length) &&
    words.length > gaps.length &&
    words.length < first.filter((cell, i) => said(cell) || words.includes(i)).length &&
    words.every((i) => merged(i) && others.every((line) => !said(line[i]) || isWord(line[i]!.trim())))
  );
}

/** One name a column from the lines of a header; an empty cell above others goes on with what stands before it. */
export function joinedHeader(lines: Records): string[] {
  const [first = []] = lines;
  const width = Math.max(...lines.map(({ length }) => length));
  const filled = lines.map((line, l) => {
    let before = "";
    return Array.from({ length: width }, (_, i) => {
      const cell = (line[i] ?? "").trim();
      if (l === lines.length - 1 || cell !== "") {
        before = cell;
        return cell;
      }
      return lines.slice(l + 1).some((below) => (below[i] ?? "").trim() !== "") ? before : "";
    });
  });
  if (lines.length === 1) return [...first];
  return Array.from({ length: width }, (_, i) =>
    filled
      .map((line) => line[i]!)
      .filter((cell) => cell !== "")
      .join(" "),
  );
}
