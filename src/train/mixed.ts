import { formatCount } from "../base/units.js";
import type { Engine } from "../engines/contract.js";
import type { MixedColumn } from "../sources/csv/mixed.js";
import type { LandedScan, Scan } from "../sources/scan.js";
import { text as literal, path, quote } from "../sql/duckdb/literals.js";
import { pathOf } from "../sql/duckdb/stored-names.js";
import type { Warning } from "./warning.js";

/** One word among thousands of numbers, or one impossible day among dates, makes a column text: the cell, and where it stands once the rows are landed. */
export async function mixedWarnings(
  source: Scan,
  landed: LandedScan | undefined,
  engine: Pick<Engine, "rows">,
): Promise<Warning[]> {
  const mixed = (source.format === "csv" && source.mixed) || [];
  return Promise.all(
    mixed.map(async (found): Promise<Warning> => {
      const { column } = found;
      const first = landed && (await firstWord(landed, found, engine));
      const value = first?.value ?? found.value;
      const file = source.format === "csv" && source.files.length === 1 ? `${source.files[0]!.path}, ` : "";
      const at = first === undefined ? "" : ` in ${file}row ${formatCount(first.row)}`;
      return {
        code: "mixed_column",
        message: `"${column}" is read as text because of ${JSON.stringify(value)}${at}: ${reasonOf(found, value)}`,
        column,
        value,
        ...(first ? { row: first.row } : {}),
      };
    }),
  );
}

function reasonOf({ column, words, cells, dates }: MixedColumn, value: string): string {
  const flags = dates?.flags ?? `--type ${column}=real`;
  if (dates?.unlike) return `${dates.unlike}. ${flags} stops at such cells`;
  return `of ${formatCount(cells)} sampled cells all but ${words} are ${dates ? "dates" : "numbers"}. --missing ${JSON.stringify(value)} takes it for missing, ${flags} stops at such cells`;
}

/** Rows are counted over all files, without those set aside. */
async function firstWord(
  scan: LandedScan,
  { column, value, dates }: MixedColumn,
  engine: Pick<Engine, "rows">,
): Promise<{ row: number; value: string } | undefined> {
  if (scan.format !== "parquet") return undefined;
  const name = quote(pathOf(scan, column)[0]!);
  const paths = scan.files.map(({ path: file }) => path(file)).join(", ");
  const text = `SELECT * FROM (SELECT row_number() OVER () AS row, ${name} AS value FROM read_parquet([${paths}], hive_partitioning = false))
    WHERE ${dates ? `trim(value) = ${literal(value)}` : "value IS NOT NULL AND TRY_CAST(value AS DOUBLE) IS NULL"} LIMIT 1`;
  // Landed files may not be checked yet, and a warning is no reason to stop at a damaged one.
  const [first] = await engine.rows({ kind: "sql", text }, 1).catch(() => []);
  return first && { row: Number(first["row"]), value: String(first["value"]) };
}
