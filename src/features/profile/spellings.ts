import type { Row } from "../../base/schema.js";
import { call, col, lit } from "../../expr/expr.js";
import type { Aggregate } from "../../expr/relation.js";
import type { Scan } from "../../sources/scan.js";

/**
 * A CSV that is read with those spellings of "missing" alone that its sampled blocks have: DuckDB compares each cell with each
 * spelling, which costs a third of the scan for a dozen. `doubts` counts in the same scan whether that was too few.
 */
export function fewerSpellings(scan: Scan): Scan {
  if (scan.format !== "csv" || !scan.csv || !scan.seenMissing) return scan;
  return { ...scan, csv: { ...scan.csv, missing: scan.seenMissing } };
}

/** Cells of text that may be a spelling that was left out; a column of numbers or dates stops the scan at one by itself. */
export function doubts(scan: Scan): Record<string, Aggregate> {
  if (scan.format !== "csv" || !scan.csv || !scan.seenMissing) return {};
  const { csv, seenMissing } = scan;
  const left = lit(csv.missing.filter((spelling) => !seenMissing.includes(spelling)).join("\n"));
  const counted: Record<string, Aggregate> = {};
  scan.schema.columns.forEach(({ name, type }, i) => {
    if (type.kind === "text")
      counted[`m${i}`] = { agg: "count", arg: call("when", call("contains", left, col(name)), lit(1), lit(null)) };
  });
  return counted;
}

/** NaN is a number to DuckDB, and above all others. */
export const doubtful = (found: Row): boolean =>
  Object.entries(found).some(
    ([key, value]) => (/^m\d+$/.test(key) && Number(value) > 0) || (/^h\d+$/.test(key) && Number.isNaN(value)),
  );
