import { hashOf } from "../base/canonical.js";
import { SluiceError } from "../base/errors.js";
import type { Schema } from "../base/schema.js";
import type { Warning } from "../base/warning.js";
import type { LandOptions } from "../engines/contract.js";
import { duckdbProbe } from "../engines/duckdb/probe.js";
import { type CsvOptions, checkUnchanged, type Format, openSource, type SourceOptions } from "../sources/index.js";
import type { LandedScan, Scan } from "../sources/scan.js";
import type { Workspace } from "../workspace/workspace.js";
import { mixedWarnings } from "./mixed.js";

/** How sources are read; what is not said is found out and told. */
export interface DataOptions {
  readonly format?: Format;
  readonly types?: Readonly<Record<string, string>>;
  readonly columns?: readonly string[];
  readonly csv?: CsvOptions;
  readonly badRows?: "stop" | "keep-aside";
  /** A cell that does not convert is missing, and `errorColumn` of the landed scan says what is wrong with its row. */
  readonly badCells?: "error";
  /** The schema that the source must offer (a test source, new rows to score): its types and readings rule over what text looks like. */
  readonly expect?: Schema;
  /** Columns that the source must offer, of any type; those of `expect` are among them. */
  readonly needed?: readonly string[];
}

export interface OpenData {
  readonly scan: LandedScan;
  /** What the user named, before any landing. */
  readonly source: Scan;
  readonly schema: Schema;
  readonly setAside: number;
  readonly setAsideFile?: string;
  readonly assumed: readonly string[];
  readonly warnings: readonly Warning[];
  /** Over the content of all files: a run that resumes must find the same. */
  readonly fingerprint: string;
  /** Between passes: throws when the source is no longer what it was, so that old rows never mix with new ones. */
  unchanged(): Promise<void>;
  /** To be called before rows are read: text that was landed by an earlier run is checked, once, and landed again where it is damaged. */
  intact(): Promise<void>;
}

/** What opening a source takes of a workspace. */
export type Opening = Pick<Workspace, "engine" | "local" | "home" | "signal">;

export async function describeSource(
  specs: readonly string[],
  options: DataOptions,
  workspace: Opening,
): Promise<Scan> {
  const sourceOptions: SourceOptions = {
    cacheDir: workspace.home.cache,
    probe: duckdbProbe(() => workspace.local.connect()),
    ...(options.format ? { format: options.format } : {}),
    ...(options.types ? { types: options.types } : {}),
    ...(options.columns ? { columns: options.columns } : {}),
    ...(options.needed ? { needed: options.needed } : {}),
    ...(options.expect ? { expect: options.expect.columns } : {}),
    ...(options.csv
      ? { csv: options.csv.missing ? { ...options.csv, missing: options.csv.missing.flatMap(spellings) } : options.csv }
      : {}),
    ...(workspace.engine.cluster ? { cluster: workspace.engine.cluster } : {}),
    ...(workspace.signal ? { signal: workspace.signal } : {}),
  };
  return openSource(specs, sourceOptions);
}

/** A number that means missing, as a column of decimals writes it too: -200 is -200.0, and -200,0 where that is the sign. */
function spellings(missing: string): readonly string[] {
  const [, whole] = /^([+-]?\d+)(?:[.,]0+)?$/.exec(missing.trim()) ?? [];
  if (whole === undefined) return [missing];
  return [...new Set([missing, ...["", ".0", ",0", ".00", ",00"].map((zeros) => whole + zeros)])];
}

/** Opens and, where it is text, lands a source: from here on every row has an identity. */
export async function openData(
  specs: readonly string[],
  options: DataOptions,
  workspace: Opening,
  asideDir: string,
  onProgress?: LandOptions["onProgress"],
  check: "now" | "when read" = "now",
): Promise<OpenData> {
  const needed = [...(options.expect?.columns.map(({ name }) => name) ?? []), ...(options.needed ?? [])];
  const source = await describeSource(specs, { ...options, needed }, workspace);
  const landing: LandOptions = {
    badRows: options.badRows ?? "stop",
    ...(options.badCells ? { badCells: options.badCells } : {}),
    asideDir,
    ...(workspace.signal ? { signal: workspace.signal } : {}),
    ...(onProgress ? { onProgress } : {}),
  };
  const scan = await workspace.engine.land(source, { ...landing, sizesOnly: check === "when read" });
  let checked: Promise<unknown> | undefined;
  const landed = scan.format === "parquet" ? scan.landed : undefined;
  if (scan.schema.columns.length === 0) throw new SluiceError("empty_source", `${specs.join(", ")} has no columns`, {});
  return {
    scan,
    source,
    schema: scan.schema,
    setAside: landed?.setAside ?? 0,
    ...(landed?.setAsideFile === undefined ? {} : { setAsideFile: landed.setAsideFile }),
    assumed: landed?.assumed ?? ("assumed" in source ? source.assumed : []),
    intact: async () => {
      if (check === "now") return;
      checked ??= workspace.engine.land(source, landing);
      await checked;
    },
    warnings: await mixedWarnings(source, scan, workspace.local),
    unchanged: () => checkUnchanged(source, workspace.engine.cluster),
    fingerprint: hashOf(source.files.map(({ bytes, fingerprint }) => [bytes, fingerprint])),
  };
}
