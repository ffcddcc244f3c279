import { headerLines, isTypedBelow } from "./columns.js";

type Records = readonly (readonly string[])[];

const mostTitles = 30;

export const saidCells = (record: readonly string[]): number => record.filter((cell) => cell.trim() !== "").length;

/**
 * How many records at the top are titles, though they may have as many delimiters as rows (as spreadsheets write them):
 * they fill one cell, or none, or have more cells than rows do, and a header stands below them.
 */
export function titleRecords(records: Records, width: number): number {
  let titles = 0;
  while (titles < mostTitles && isTitle(records[titles], width)) titles++;
  if (titles === 0) return 0;
  const [top = [], ...rows] = records.slice(titles).filter((record) => saidCells(record) > 0);
  // A line of more cells may be a row that was harmed, unless numbers stand under words.
  const wider = records.slice(0, titles).some(({ length }) => length > width);
  if (
    wider &&
    !isTypedBelow(
      top.map((cell) => cell.trim()),
      rows,
    )
  )
    return 0;
  return beginsTable([top, ...rows], width) ? titles : 0;
}

const isTitle = (record: readonly string[] | undefined, width: number): boolean =>
  record !== undefined && (saidCells(record) < 2 || record.length > width);

/** Whether a header with a name for each of some columns stands at the top. */
export const beginsNamed = (records: Records, width: number): boolean =>
  width > 2 && records[0] !== undefined && saidCells(records[0]) === width && beginsTable(records, width);

/** Names for most of the columns that have something in them. */
function beginsTable(records: Records, width: number): boolean {
  const [top, ...rows] = records;
  if (top === undefined || top.length !== width) return false;
  const filled = top.flatMap((_, i) => (rows.some((record) => (record[i] ?? "").trim() !== "") ? [i] : []));
  if (saidCells(top) < 2 || 2 * saidCells(top) <= filled.length) return false;
  // The header may stand again where another table begins.
  const others = rows.filter((record) => record.some((cell, i) => cell !== top[i]));
  return headerLines([top, ...others].map((record) => filled.map((i) => record[i] ?? ""))) > 0;
}
