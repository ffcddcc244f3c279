import { formatCount } from "../base/units.js";
import type { Warning } from "../base/warning.js";
import type { Engine } from "../engines/contract.js";
import type { LandedScan, Scan } from "../sources/scan.js";
import { path, quote } from "../sql/duckdb/literals.js";
import { pathOf } from "../sql/duckdb/stored-names.js";

/** One word among thousands of numbers makes a column text: the word, and where it stands once the rows are landed. */
export async function mixedWarnings(
  source: Scan,
  landed: LandedScan | undefined,
  engine: Pick<Engine, "rows">,
): Promise<Warning[]> {
  const mixed = (source.format === "csv" && source.mixed) || [];
  return Promise.all(
    mixed.map(async ({ column, value: seen, words, cells }): Promise<Warning> => {
      const first = landed && (await firstWord(landed, column, engine));
      const value = first?.value ?? seen;
      const at = first === undefined ? "" : ` in row ${formatCount(first.row)}`;
      return {
        code: "mixed_column",
        message: `"${column}" is read as text because of ${JSON.stringify(value)}${at}: of ${formatCount(cells)} sampled cells all but ${words} are numbers. --missing ${JSON.stringify(value)} takes it for missing, --type ${column}=real stops at such cells`,
        column,
        value,
        ...(first ? { row: first.row } : {}),
      };
    }),
  );
}

/** Rows are counted over all files, without those set aside. */
async function firstWord(
  scan: LandedScan,
  column: string,
  engine: Pick<Engine, "rows">,
): Promise<{ row: number; value: string } | undefined> {
  if (scan.format !== "parquet") return undefined;
  const name = quote(pathOf(scan, column)[0]!);
  const paths = scan.files.map(({ path: file }) => path(file)).join(", ");
  const text = `SELECT * FROM (SELECT row_number() OVER () AS row, ${name} AS value FROM read_parquet([${paths}], hive_partitioning = false))
    WHERE value IS NOT NULL AND TRY_CAST(value AS DOUBLE) IS NULL LIMIT 1`;
  // Landed files may not be checked yet, and a warning is no reason to stop at a damaged one.
  const [first] = await engine.rows({ kind: "sql", text }, 1).catch(() => []);
  return first && { row: Number(first["row"]), value: String(first["value"]) };
}
