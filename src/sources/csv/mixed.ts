import type { Decided } from "./guess.js";

/** A column that is text because of very few cells among numbers, or because its dates have no reading in common. */
export interface MixedColumn {
  readonly column: string;
  /** The first of those cells. */
  readonly value: string;
  readonly words: number;
  readonly cells: number;
  /** What the other cells are, and the flags that read the column as such: numbers where nothing is said. */
  readonly dates?: { readonly flags: string; readonly unlike?: string };
}

const fewCells = 100;
const fewWords = 0.01;

export const mixedColumns = (decided: readonly Decided[]): MixedColumn[] =>
  decided.flatMap((one) => {
    const { column, guess } = one;
    const { cells, words, firstWord } = guess;
    if (column.type.kind !== "text") return [];
    const dates = mixedDates(one);
    if (dates) return [dates];
    return cells >= fewCells && words > 0 && words <= fewWords * cells
      ? [{ column: column.name, value: firstWord!, words, cells }]
      : [];
  });

const fewestDates = 3;
const mostOthers = 0.1;

/** An impossible day, a word or a time without an offset among dates. Days that there are not may be many; words are few. */
function mixedDates({ column: { name: column }, guess: { cells, dates } }: Decided): MixedColumn | undefined {
  const words = cells - dates.count;
  if (dates.count < fewestDates || words > (dates.words > 0 ? mostOthers : 0.5) * cells) return undefined;
  const type = dates.kinds.has("utc") ? "timestamp(utc)" : dates.kinds.has("time") ? "timestamp" : "date";
  const order =
    dates.order && ![...dates.kinds.values()].every((cell) => /^\d{4}-/.test(cell))
      ? ` --date-format ${dates.order}`
      : "";
  const flags = `--type '${column}=${type}'${order}`;
  if (words > 0) return { column, value: dates.other!, words, cells, dates: { flags } };
  const [first, second] = [...dates.kinds.entries()];
  const value = type === "timestamp(utc)" ? [first, second].find((seen) => seen && seen[0] !== "utc")?.[1] : undefined;
  const unlike =
    value === undefined
      ? "its days fit no one order of day and month"
      : "it has no offset from UTC, and others have one";
  return { column, value: value ?? first![1], words: 0, cells, dates: { flags, unlike } };
}
