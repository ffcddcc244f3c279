import { SluiceError } from "../../base/errors.js";
import type { CsvOptions, SourceOptions } from "../options.js";
import { cuttingOf } from "./cells.js";
import { cellsOf, delimiterWords, type Form, type Parsed, parse, topLines } from "./dialect.js";
import type { Sample } from "./sample.js";
import { saidCells } from "./titles.js";

type Records = readonly (readonly string[])[];

/** The top of a file as it would be read. */
export interface Top {
  readonly path: string;
  readonly sample: Sample;
  readonly form: Form;
  readonly options: SourceOptions;
  readonly parsed: Parsed;
  /** Lines of the header. */
  readonly lines: number;
  /** The header's cells. */
  readonly header: readonly string[];
  readonly data: Records;
  /** The cells of most rows. */
  readonly width: number;
  /** Quotes stand astray as a habit of the file. */
  readonly loose: boolean;
}

/** Refuses a file whose beginning can be read in two ways, one of which names columns wrongly, with the flags that decide. */
export function refuseDoubts(top: Top): void {
  const { options } = top;
  const given = options.csv ?? {};
  refuseUncut(top, given);
  if (options.columns) return;
  if (top.lines > 0) {
    refuseHeader(top);
    if (given.skipLines === undefined) refuseTables(top);
  }
  if (top.lines === 0 && given.header === undefined && given.skipLines === undefined) refuseTitles(top);
}

function refuse(path: string, message: string, facts: Readonly<Record<string, unknown>> = {}): never {
  throw new SluiceError("unreadable_source", `${path}: ${message}`, { file: path, ...facts });
}

const shown = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);

/** A file that is read as one column, and a delimiter stands in nearly all of its lines. */
function refuseUncut({ path, sample, form, parsed: { records }, width }: Top, given: CsvOptions): void {
  if (given.delimiter !== undefined || width > 1 || records.length < 2) return;
  const sign = [",", ";", "\t", "|", " "].find((delimiter) => {
    if (delimiter === form.delimiter) return false;
    // Blanks are in any text; between quotes they set cells apart.
    if (delimiter === " ") return records.filter(([cell = ""]) => /" | "/.test(cell)).length >= 0.9 * records.length;
    const cut = parse(sample, { ...form, delimiter, quote: form.quote || '"' }, 400).records;
    return cut.filter(({ length }) => length > 1).length >= 0.9 * cut.length;
  });
  if (sign === undefined) return;
  const flag = sign === "\t" ? "'\\t'" : `'${sign}'`;
  refuse(
    path,
    `its rows have no common number of cells, however they are cut, and ${delimiterWords[sign]} ${sign === " " ? "stand" : "stands"} in nearly all lines; --delimiter ${flag} cuts there (with --bad-rows keep-aside for rows of another width), --delimiter none reads each line as one cell`,
    { delimiter: sign },
  );
}

/** A header that has not a name for each cell of a row, or whose quotes say that it was cut elsewhere. */
function refuseHeader({ path, header, lines, data, width, parsed, loose }: Top): void {
  const names = `--columns names the columns in its place`;
  if (lines === 1 && parsed.topAstray && !loose)
    refuse(
      path,
      `a quote in its header (${shown(header.join(","))}) opens or closes no cell; mend the line, or ${names}`,
    );
  if (data.length === 0) return;
  const extra = header.length - width;
  const rows = `where ${data.length === 1 ? "its row has" : "most of its rows have"} ${width} cells`;
  if (extra === 0 || !hasExtra(header, extra)) return;
  if (extra === -1 && (endsBlank(data, width) || isRowNames(data, width))) return;
  refuse(
    path,
    `its header has ${header.length} ${header.length === 1 ? "name" : "names"} ${rows} (${shown(header.join(","))}); mend the line, or ${names}`,
    { names: header.length, width },
  );
}

/** Empty names behind the last one are no columns. */
const hasExtra = (header: readonly string[], extra: number): boolean =>
  extra < 0 || header.slice(header.length - extra).some((name) => name.trim() !== "");

/** Rows whose last cell is always empty end with a delimiter. */
export const endsBlank = (data: Records, width: number): boolean =>
  data.every((record) => record.length !== width || record[width - 1]!.trim() === "");

/** R's write.table leaves the column of row names without a name of its own: numbers that count, or names that differ. */
export function isRowNames(data: Records, width: number): boolean {
  const first = data.filter(({ length }) => length === width).map(([cell = ""]) => cell.trim());
  if (first.length < 2) return false;
  const counts = first.slice(0, 50).every((cell, i, all) => i === 0 || Number(cell) === Number(all[i - 1]) + 1);
  return counts || (new Set(first).size === first.length && !first.some((cell) => cell === ""));
}

/** A title, a table, and the same header again: tables of a spreadsheet one below the other, with their own titles among the rows. */
function refuseTables({ path, form, lines, header, data }: Top): void {
  if (form.skipLines === 0 || lines !== 1) return;
  const again = data.findIndex(
    (record) => record.length === header.length && record.every((cell, i) => cell === header[i]),
  );
  const above = data.slice(0, Math.max(0, again)).findLast((record) => saidCells(record) > 0);
  if (again < 0 || above === undefined || saidCells(above) > 1) return;
  refuse(
    path,
    `several tables stand one below the other: behind row ${again} a title (${shown(above.find((cell) => cell.trim() !== "")!)}) and the header come again; cut the file there, or read titles as rows with --skip-lines ${form.skipLines}`,
    { row: again },
  );
}

/** Lines above a table without a header that may be its header, or a title that is taken for a row. */
function refuseTitles({ path, sample, form, parsed: { records }, width }: Top): void {
  if (width < 2) return;
  const skipped =
    form.skipLines > 0 ? topLines(sample, form.skipLines).findLast((line) => line.trim() !== "") : undefined;
  if (skipped !== undefined && !/^"?sep=/i.test(skipped)) {
    const others = [",", ";", "\t", "|", " "].filter((delimiter) => delimiter !== form.delimiter);
    const cells = cellsOf(skipped, cuttingOf(form));
    const other = others.find((delimiter) => cellsOf(skipped, cuttingOf({ ...form, delimiter })) === width);
    if (cells > 1 || other !== undefined)
      refuse(
        path,
        `line ${form.skipLines} (${shown(skipped)}) stands where names would, and has ${cells} ${cells === 1 ? "cell" : "cells"} where rows have ${width}${other === undefined ? "" : ` (cut at ${delimiterWords[other]} it has ${width})`}; mend it, name the columns with --columns, or leave it out with --skip-lines ${form.skipLines}`,
        { row: form.skipLines, width },
      );
  }
  const [first = [], second = []] = records;
  const filled = records.slice(1).filter((record) => saidCells(record) > 0);
  const only = first.filter((cell) => cell.trim() !== "");
  if (only.length !== 1 || !/\p{L}/u.test(only[0]!) || first.length !== width || filled.length < 2) return;
  const names = first[0]!.trim() !== "" && saidCells(second) > 1 && !second.some((cell) => /\d/.test(cell));
  const rest = filled.filter((record) => saidCells(record) > 1).length;
  if (saidCells(second) > 0 && !names && rest < 0.9 * filled.length) return;
  const begin = records.findIndex((record) => saidCells(record) > 1);
  refuse(
    path,
    `its first line (${shown(only[0]!)}) seems to be a title, and no header stands below it for certain; --skip-lines ${Math.max(1, begin)} --header takes the line behind ${begin > 1 ? "them" : "it"} for one, --no-header reads all lines as rows`,
    { row: 1 },
  );
}
