import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { typeName } from "../../src/base/schema.js";
import { duckdbProbe } from "../../src/engines/duckdb/probe.js";
import { DuckDBEngine } from "../../src/engines/duckdb.js";
import { openSource, type SourceOptions } from "../../src/sources/index.js";
import type { ParquetScan, TextScan } from "../../src/sources/scan.js";
import { pathOf } from "../../src/sql/duckdb/stored-names.js";

export const lines = (...some: readonly (string | readonly string[])[]): string => `${some.flat().join("\n")}\n`;
export const range = <T>(n: number, of: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => of(i));

export type Cells = readonly (string | null)[];

/** What the library reads of a file: names, types, and each row's cells as text. */
export interface Read {
  readonly names: readonly string[];
  readonly types: Readonly<Record<string, string>>;
  readonly rows: readonly Cells[];
  readonly assumed: string;
  readonly setAside: number;
  readonly comments: number;
  readonly errors: readonly (string | null)[];
  readonly scan: TextScan;
  readonly landed: ParquetScan;
}

/** Reads files through the same source and landing that profile, train and sql use. */
export class Reader {
  readonly folder = mkdtempSync(join(tmpdir(), "sluice-truth-"));
  readonly #engine: DuckDBEngine;
  #count = 0;

  private constructor(engine: (folder: string) => DuckDBEngine) {
    this.#engine = engine(this.folder);
  }

  static async open(): Promise<Reader> {
    const folder = mkdtempSync(join(tmpdir(), "sluice-truth-engine-"));
    const engine = await DuckDBEngine.open({
      memoryBytes: 200e6,
      threads: 1,
      spillDir: join(folder, "spill"),
      cacheDir: join(folder, "cache"),
    });
    return new Reader(() => engine);
  }

  put(content: string | Uint8Array, name = "t.csv"): string {
    const path = join(this.folder, String(this.#count++), name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  async text(content: string | Uint8Array, options: Partial<SourceOptions> & ReadHow = {}): Promise<Read> {
    return this.files(this.put(content), options);
  }

  async files(
    spec: string | readonly string[],
    { badRows = "stop", badCells, ...options }: Partial<SourceOptions> & ReadHow = {},
  ): Promise<Read> {
    const scan = (await openSource(spec, {
      cacheDir: join(this.folder, "cache"),
      probe: duckdbProbe(() => this.#engine.connect()),
      ...options,
    })) as TextScan;
    const landed = (await this.#engine.land(scan, {
      badRows,
      asideDir: join(this.folder, "aside"),
      ...(badCells ? { badCells } : {}),
    })) as ParquetScan;
    const names = landed.schema.columns.map(({ name }) => name);
    const asked = landed.errorColumn ? [...names, landed.errorColumn] : names;
    const rows: Cells[] = [];
    const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
    const select = asked.map((name) => `CAST(${quoted(pathOf(landed, name)[0]!)} AS VARCHAR) AS ${quoted(name)}`);
    const paths = landed.files.map(({ path }) => `'${path}'`).join(", ");
    await this.#engine.use(async (connection) => {
      const found = await connection.runAndReadAll(
        `SELECT ${select.join(", ")} FROM read_parquet([${paths}], hive_partitioning = false)`,
      );
      for (const row of found.getRowsJson()) rows.push(row as Cells);
    });
    return {
      names,
      types: Object.fromEntries(landed.schema.columns.map(({ name, type }) => [name, typeName(type)])),
      rows: rows.map((row) => row.slice(0, names.length)),
      errors: landed.errorColumn ? rows.map((row) => row[names.length] ?? null) : [],
      assumed: (landed.landed?.assumed ?? scan.assumed).join("\n"),
      setAside: landed.landed?.setAside ?? 0,
      comments: landed.landed?.comments ?? 0,
      scan,
      landed,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface ReadHow {
  readonly badRows?: "stop" | "keep-aside";
  readonly badCells?: "error";
}
