import { printDate } from "../../expr/time.js";
import { figure } from "../../metrics/figure.js";
import type { ReportPartial } from "../input.js";
import { Chart, Curve, type CurveKind, round } from "./chart.js";

/** One line for each answer over the values of a column; `y` is the same for all columns, so that they compare. */
export function PartialChart({
  id,
  partial: { column, names, mean, points, form },
  answers,
  label,
  y,
}: {
  id: string;
  partial: ReportPartial;
  /** Which of the answers are drawn. */
  answers: readonly number[];
  label: string;
  y: readonly [number, number];
}) {
  const placed = points.filter((point): point is typeof point & { at: number } => point.at !== undefined);
  const first = placed[0]!;
  const last = placed.at(-1)!;
  const missing = points.find(({ at }) => at === undefined);
  const kindOf = (i: number): CurveKind => (answers.length > 1 ? `series-${i}` : "model");
  const span = (k: number): string =>
    `${figure(first.answers[k]!)} at ${first.text} to ${figure(last.answers[k]!)} at ${last.text}`;
  return (
    <Chart
      id={id}
      title={shortened(column, 44)}
      description={`${label} as ${column} goes through its values: ${answers.map((k) => (answers.length > 1 ? `${names[k]} from ${span(k)}` : `from ${span(k)}`)).join("; ")}.`}
      x={{
        label: shortened(column, 44),
        domain: [first.at, last.at],
        ...(form === "time" ? { format: (day: number) => printDate(Math.round(day)), ticks: 4 } : {}),
      }}
      y={{ label: shortened(label, 34), domain: y }}
      legend={[
        ...answers.map((k, i) => ({ name: answers.length > 1 ? names[k]! : "mean", kind: kindOf(i) })),
        ...(answers.length > 1
          ? []
          : [{ name: `rows as they are ${figure(mean[answers[0]!]!)}`, kind: "baseline" as const }]),
      ]}
      {...(missing
        ? { note: `Where it is missing: ${answers.map((k) => figure(missing.answers[k]!)).join(", ")}.` }
        : {})}
    >
      {(x, yScale) => (
        <>
          {answers.length === 1 && (
            <Curve
              points={[first.at, last.at].map((at) => [at, mean[answers[0]!]!] as const)}
              x={x}
              y={yScale}
              kind="baseline"
            />
          )}
          {answers.map((k, i) => (
            <Curve
              points={placed.map((point) => [point.at, point.answers[k]!] as const)}
              x={x}
              y={yScale}
              kind={kindOf(i)}
            />
          ))}
          {answers.length === 1 &&
            placed.map((point) => (
              <circle class="dot" cx={round(x(point.at))} cy={round(yScale(point.answers[answers[0]!]!))} r={3} />
            ))}
        </>
      )}
    </Chart>
  );
}

const shortened = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
