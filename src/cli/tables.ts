import { formatCount } from "../base/units.js";
import type { OutOfBag } from "../learners/contract.js";
import type { Metrics } from "../metrics/contract.js";
import { boundFigure, figure } from "../metrics/figure.js";
import { intervalOf } from "../metrics/over-folds.js";
import type { Folds } from "../train/spec.js";
import { coloursOf } from "./colours.js";
import { visible } from "./visible.js";

export interface TableOptions {
  /** Columns of the terminal; wider tables are cut to it. Not a terminal: nothing is cut. */
  readonly width?: number | undefined;
}

/** A plain aligned table: columns of numbers to the right, the rest to the left, the widest cells cut where a terminal ends. */
export function table(
  headers: readonly string[],
  rows: readonly (readonly string[])[],
  { width = process.stdout.columns }: TableOptions = {},
): string {
  const indents = headers.map((_, i) => Math.min(...rows.map((row) => /^ */.exec(row[i] ?? "")![0].length)));
  const lines = [headers, ...rows.map((row) => row.map((cell, i) => oneLine(cell.slice(indents[i]))))];
  const right = headers.map((_, i) => isNumbers(rows.map((row) => row[i] ?? "")));
  const widths = shrink(
    headers.map((_, i) => Math.max(...lines.map((row) => displayWidth(row[i] ?? "")))),
    width === undefined ? Number.POSITIVE_INFINITY : width - 2 * (headers.length - 1),
  );
  const { dim } = coloursOf(process.stdout);
  return lines
    .map((row, line) => {
      const cells = headers.map((_, i) => {
        const cell = cut(row[i] ?? "", widths[i]!);
        const blank = " ".repeat(widths[i]! - displayWidth(cell));
        return right[i] ? blank + cell : cell + blank;
      });
      const text = cells.join("  ").trimEnd();
      return line === 0 ? dim(text) : text;
    })
    .join("\n");
}

const numeric = /^[~<>≤≥+-]?[$]?[\d,.]*\d(e[+-]?\d+)?( ?(%|B|[kMGT]B|s|ms|min|h))?$/i;
const isNumbers = (cells: readonly string[]): boolean =>
  cells.some((cell) => cell !== "") && cells.every((cell) => cell === "" || cell === "-" || numeric.test(cell));

/** Takes from the widest column until the table fits; none goes below 6. */
function shrink(widths: number[], room: number): number[] {
  const least = 6;
  let over = widths.reduce((sum, width) => sum + width, 0) - room;
  while (over > 0) {
    const widest = Math.max(...widths);
    if (widest <= least) break;
    const next = Math.max(least, ...widths.filter((width) => width < widest));
    const among = widths.filter((width) => width === widest).length;
    const each = Math.max(1, Math.min(widest - next, Math.floor(over / among)));
    for (let i = 0; i < widths.length && over > 0; i++)
      if (widths[i] === widest) {
        widths[i] = widest - each;
        over -= each;
      }
  }
  return widths;
}

const oneLine = (cell: string): string => visible(cell.replaceAll(/[\r\n\t]+/g, " "));
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are colours
const colours = /\u001b\[[0-9;]*m/g;
const zeroWide = /\p{Mark}|\u200d|\ufe0f/u;
const twoWide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

const charWidth = (char: string): number => (zeroWide.test(char) ? 0 : twoWide.test(char) ? 2 : 1);

/** Columns that a text takes on a terminal. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const char of text.replaceAll(colours, "")) width += char < "\u0300" ? 1 : charWidth(char);
  return width;
}

/** At most so many columns; what is left out is an ellipsis. */
export function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let out = "";
  let used = 0;
  for (const char of text.replaceAll(colours, "")) {
    used += charWidth(char);
    if (used > width - 1) break;
    out += char;
  }
  return `${out}…`;
}

/** Figures are read in this order; names that are not here come after. */
const order = [
  "auc",
  "prAuc",
  "logLoss",
  "brier",
  "accuracy",
  "balancedAccuracy",
  "f1",
  "precision",
  "recall",
  "ks",
  "rmse",
  "mae",
  "r2",
  "mape",
];
const place = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);

/** Each figure with its 95 % interval, what it was before calibration, the baseline's, and the error its histogram can bring. */
export function metricsTable(
  model: Metrics,
  baseline?: Metrics,
  {
    uncalibrated,
    unweighted,
    ...options
  }: TableOptions & { readonly uncalibrated?: Metrics | undefined; readonly unweighted?: Metrics | undefined } = {},
): string {
  const names = Object.keys(model.values).sort((a, b) => place(a) - place(b));
  const bounded = names.some((name) => (model.errorBounds[name] ?? 0) > 0);
  return table(
    [
      "metric",
      "value",
      "95 % interval",
      ...(uncalibrated ? ["uncalibrated"] : []),
      ...(unweighted ? ["unweighted"] : []),
      ...(baseline ? ["baseline"] : []),
      ...(bounded ? ["histogram error"] : []),
    ],
    names.map((name) => {
      const interval = model.intervals[name];
      const bound = model.errorBounds[name] ?? 0;
      const told = ({ values }: Metrics): string => (values[name] === undefined ? "" : figure(values[name]));
      return [
        name,
        figure(model.values[name]!),
        interval ? `${figure(interval[0])} to ${figure(interval[1])}` : "",
        ...(uncalibrated ? [told(uncalibrated)] : []),
        ...(unweighted ? [told(unweighted)] : []),
        ...(baseline ? [told(baseline)] : []),
        ...(bounded ? [bound > 0 ? `≤ ${boundFigure(bound)}` : ""] : []),
      ];
    }),
    options,
  );
}

/** Each figure over the folds: its mean with its interval, its spread, and the baseline's mean. */
export function foldsTable({ metrics, baseline }: Folds, options: TableOptions = {}): string {
  const told = (value: number | null): string => (value === null ? "" : figure(value));
  return table(
    ["metric", "mean", "95 % interval", "sd", "lowest fold", "highest fold", "baseline"],
    Object.entries(metrics)
      .sort(([a], [b]) => place(a) - place(b))
      .map(([name, found]) => {
        const { mean, sd, values } = found;
        const interval = intervalOf(found);
        const there = values.filter((value) => value !== null);
        return [
          name,
          told(mean),
          interval ? `${figure(interval[0])} to ${figure(interval[1])}` : "",
          told(sd),
          told(Math.min(...there)),
          told(Math.max(...there)),
          told(baseline[name]?.mean ?? null),
        ];
      }),
    options,
  );
}

/** A forest's quality on the rows that its trees left out. */
export function outOfBagLine({ rows, ...values }: OutOfBag): string {
  const figures = Object.entries(values).map(([name, value]) => `${name} ${figure(value as number)}`);
  return `out of bag ${figures.join(", ")}: ${formatCount(rows)} training rows, each judged by the trees that did not grow on it`;
}

/** A bar from the middle: to the right for what raises, to the left for what lowers. */
export function bar(value: number, largest: number, width = 12): string {
  const share = largest > 0 && Number.isFinite(value) ? Math.min(1, Math.abs(value) / largest) : 0;
  const length = value === 0 ? 0 : Math.max(1, Math.round(share * width));
  const blocks = "█".repeat(length);
  const { red, green } = coloursOf(process.stdout);
  return value < 0
    ? `${" ".repeat(width - length)}${red(blocks)}│${" ".repeat(width)}`
    : `${" ".repeat(width)}│${green(blocks)}${" ".repeat(width - length)}`;
}
