import type { Value } from "../base/schema.js";
import { printDate, printTimestamp } from "../expr/time.js";
import type { Insight } from "../predict/insight.js";
import type { PartialDependence } from "../predict/partial.js";
import type { ReportInsight, ReportPartial } from "./input.js";

/** What was found out on the rows that judged the model, as the report shows it. */
export const reportInsight = ({ importance, columns, partial }: Insight, split: string): ReportInsight => ({
  split,
  rows: importance.rows,
  repeats: importance.repeats,
  ...(importance.metric ? { metric: importance.metric } : {}),
  columns,
  importance: importance.columns,
  ...(importance.doubts ? { doubts: importance.doubts } : {}),
  partial: partial.map(reportPartial),
});

function reportPartial({ column, names, mean, points, doubts }: PartialDependence): ReportPartial {
  const placed = points.map(({ value, answers }) => ({ at: placeOf(value), text: textOf(value), answers }));
  const present = points.filter(({ value }) => value !== null);
  const isTime = present.some(({ value }) => typeof value === "object");
  // Two numbers are a yes and a no, whatever they are.
  const isLine = present.length > 2 && placed.every(({ at }, i) => at !== undefined || points[i]!.value === null);
  return {
    column,
    names,
    mean,
    form: !isLine ? "level" : isTime ? "time" : "number",
    points: placed.map(({ at, ...point }) => ({ ...point, ...(isLine && at !== undefined ? { at } : {}) })),
    ...(doubts ? { doubts } : {}),
  };
}

/** Where a value stands on a line: numbers as they are, times in days. */
function placeOf(value: Value): number | undefined {
  if (typeof value === "number" || typeof value === "bigint") return Number(value);
  if (value === null || typeof value !== "object") return undefined;
  if ("days" in value) return value.days;
  return "micros" in value ? Number(value.micros / 1000n) / 86_400_000 : undefined;
}

function textOf(value: Value): string {
  if (value === null) return "missing";
  if (typeof value === "object" && "days" in value) return printDate(value.days);
  if (typeof value === "object" && "micros" in value) return printTimestamp(value.micros);
  return String(value);
}
