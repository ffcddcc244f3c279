import { join } from "node:path";
import { formatCount } from "../base/units.js";
import { profile as profileOf } from "../features/profile.js";
import type { LandedScan } from "../sources/scan.js";
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
  const asideDir = join(workspace.home.root, "aside");
  // Text is landed, as for a training: both read a file in one way, and the training finds it landed.
  const found = await watching(workspace, flags, "counting", async () => {
    const landed = workspace.engine.reads(scan)
      ? (scan as LandedScan)
      : await workspace.engine.land(scan, { badRows: options.badRows, asideDir, signal: context.signal });
    const from = landed.format === "parquet" ? landed.landed : undefined;
    return {
      ...(await profileOf(workspace.engine, landed, how)),
      setAside: from?.setAside ?? 0,
      ...(from?.setAsideFile ? { setAsideFile: from.setAsideFile } : {}),
      ...(from?.comments ? { comments: from.comments } : {}),
      ...(from?.assumed ? { assumed: from.assumed } : "assumed" in scan ? { assumed: scan.assumed } : {}),
      landed,
    };
  });
  const { assumed, landed, ...facts } = found;
  context.print(
    `${sources.join(", ")}: ${formatCount(found.rows)} rows, ${found.columns.length} columns${found.setAside > 0 ? `; ${formatCount(found.setAside)} rows don't fit and are set aside` : ""}${found.comments ? `; ${formatCount(found.comments)} comment lines are left out` : ""}`,
  );
  if (found.setAsideFile) context.print(`set aside: ${found.setAsideFile} has each such row, and why`);
  for (const sentence of assumed) context.print(`assumed: ${sentence}`);
  const warnings = await mixedWarnings(scan, landed, workspace.local);
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
  context.json({ ...facts, assumed, warnings });
}

const cell = (value: unknown): string =>
  value === null || value === undefined
    ? ""
    : typeof value === "number"
      ? shortened(value)
      : String(value).slice(0, 24);

/** Six digits, and never fewer than those before the point: 20240101 is a day, an identifier or a moment. */
function shortened(value: number): string {
  const whole = Math.floor(Math.log10(Math.abs(value))) + 1;
  return Number.isInteger(value) || whole > 15
    ? String(value)
    : String(Number(value.toPrecision(Math.max(6, whole + 1))));
}
