import { join } from "node:path";
import { formatCount } from "../base/units.js";
import { profile as profileOf } from "../features/profile.js";
import { mixedWarnings } from "../train/mixed.js";
import { describeSource } from "../train/source.js";
import {
  type CommonFlags,
  type Context,
  dataOptionsOf,
  openWorkspace,
  type SourceFlags,
  wholeNumber,
} from "./command.js";
import { table } from "./tables.js";
import { watching } from "./watch.js";

export async function profile(
  sources: readonly string[],
  flags: CommonFlags & SourceFlags & { exact?: boolean; seed: string; sampleRows: string },
  context: Context,
): Promise<void> {
  await using workspace = await openWorkspace(flags, context.signal, { sources });
  const options = { ...dataOptionsOf(flags), badRows: (flags.badRows ?? "keep-aside") as "keep-aside" };
  const scan = await describeSource(sources, options, workspace);
  const how = {
    exact: flags.exact === true,
    seed: wholeNumber("seed", flags.seed)!,
    sampleRows: wholeNumber("sample-rows", flags.sampleRows)!,
    signal: context.signal,
  };
  const landing = async () => {
    const landed = await workspace.engine.land(scan, {
      badRows: options.badRows,
      asideDir: join(workspace.home.root, "aside"),
      signal: context.signal,
    });
    return {
      ...(await profileOf(workspace.engine, landed, how)),
      setAside: landed.format === "parquet" ? (landed.landed?.setAside ?? 0) : 0,
    };
  };
  // A clean CSV is read where it is; one with rows that don't fit is landed first, so that each of them is counted.
  const direct =
    workspace.engine.reads(scan) ||
    (workspace.engine === workspace.local &&
      scan.format === "csv" &&
      scan.csv?.encoding === "utf-8" &&
      scan.csv.compression === "none" &&
      scan.csv.comment === "" && // DuckDB drops comment lines between rows; landing counts them
      scan.csv.decimal === ".");
  const found = await watching(workspace, flags, "counting", () =>
    direct
      ? profileOf(workspace.engine, scan, how).catch((error: unknown) => {
          if (scan.format !== "csv" || context.signal.aborted) throw error;
          return landing();
        })
      : landing(),
  );
  const assumed = "assumed" in scan ? scan.assumed : found.assumed;
  context.print(
    `${sources.join(", ")}: ${formatCount(found.rows)} rows, ${found.columns.length} columns${found.setAside > 0 ? `; ${formatCount(found.setAside)} rows don't fit and are set aside` : ""}`,
  );
  for (const sentence of assumed) context.print(`assumed: ${sentence}`);
  const warnings = await mixedWarnings(scan, undefined, workspace.local);
  for (const { message } of warnings) context.print(`warning: ${message}`);
  context.print(
    table(
      ["column", "type", "missing", "distinct", "min", "median", "max", "most frequent"],
      found.columns.map((column) => [
        column.name,
        column.type,
        column.missing === 0
          ? ""
          : `${((100 * column.missing) / Math.max(1, found.rows)).toFixed(column.missing / found.rows < 0.01 ? 2 : 1)} %`,
        `${found.exact ? "" : "~"}${formatCount(column.distinct)}`,
        cell(column.min),
        cell(column.quantiles?.find(({ at }) => at === 0.5)?.value ?? null),
        cell(column.max),
        (column.top ?? [])
          .slice(0, 3)
          .map(({ value, share }) => `${cell(value)} ${(100 * share).toFixed(0)} %`)
          .join(", "),
      ]),
    ),
  );
  if (!found.exact)
    context.print(
      `quantiles and frequent values from ${formatCount(found.sample.rows)} sampled rows: shares are off by at most ${(100 * found.sample.error).toFixed(2)} points (95 %); --exact counts them`,
    );
  context.json({ ...found, assumed, warnings });
}

const cell = (value: unknown): string =>
  value === null || value === undefined
    ? ""
    : typeof value === "number"
      ? String(Number(value.toPrecision(6)))
      : String(value).slice(0, 24);
