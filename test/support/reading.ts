import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { typeName, type Value } from "../../src/base/schema.js";
import type { LandOptions } from "../../src/engines/contract.js";
import { duckdbProbe } from "../../src/engines/duckdb/probe.js";
import { DuckDBEngine } from "../../src/engines/duckdb.js";
import { openSource, type SourceOptions } from "../../src/sources/index.js";
import type { LandedScan, Scan } from "../../src/sources/scan.js";

export interface Read {
  readonly types: readonly (readonly [name: string, type: string])[];
  readonly rows: readonly (readonly Value[])[];
  readonly assumed: readonly string[];
}

/** A folder for sources and an engine that reads them as training does: opened, landed, and asked for by name. */
export interface Desk extends AsyncDisposable {
  readonly engine: DuckDBEngine;
  path(name: string): string;
  put(name: string, content: string | Uint8Array): string;
  open(spec: string | readonly string[], options?: Partial<SourceOptions>): Promise<Scan>;
  land(scan: Scan, options?: Partial<LandOptions>): Promise<LandedScan>;
  read(spec: string | readonly string[], options?: Partial<SourceOptions>): Promise<Read>;
}

export async function desk(): Promise<Desk> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-desk-"));
  const cacheDir = join(folder, "cache");
  const engine = await DuckDBEngine.open({
    memoryBytes: 200e6,
    threads: 2,
    spillDir: join(folder, "spill"),
    cacheDir,
  });
  const path = (name: string): string => join(folder, "data", name);
  const open: Desk["open"] = (spec, options) =>
    openSource(spec, { cacheDir, probe: duckdbProbe(() => engine.connect()), ...options });
  const land: Desk["land"] = (scan, options) =>
    engine.land(scan, { badRows: "stop", asideDir: join(folder, "aside"), ...options });
  return {
    engine,
    path,
    put: (name, content) => {
      mkdirSync(dirname(path(name)), { recursive: true });
      writeFileSync(path(name), content);
      return path(name);
    },
    open,
    land,
    read: async (spec, options) => {
      const source = await open(spec, options);
      const scan = await land(source);
      const names = scan.schema.columns.map(({ name }) => name);
      const rows = await engine.rows({ kind: "scan", scan }, 100_000);
      return {
        types: scan.schema.columns.map(({ name, type }) => [name, typeName(type)]),
        rows: rows.map((row) => names.map((name) => (Object.hasOwn(row, name) ? row[name]! : "no such column"))),
        assumed: "assumed" in source ? source.assumed : [],
      };
    },
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
