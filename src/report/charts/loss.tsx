import { figure } from "../../metrics/figure.js";
import type { ReportInput } from "../input.js";
import { around, Chart, Curve, type Point, round } from "./chart.js";

/** The objective by step; a step on a sample of the rows is not comparable and stays out. */
export function LossChart({ steps }: { steps: ReportInput["steps"] }) {
  const all = steps
    .filter(({ note }) => !note?.includes("sample"))
    .flatMap(({ step, loss }): Point[] => (loss !== undefined && Number.isFinite(loss) ? [[step, loss]] : []));
  if (all.length < 2) return null;
  const [first, last] = [all[0]!, all.at(-1)!];
  return (
    <Chart
      id="loss"
      title="Objective by step"
      description={`From ${figure(first[1])} at step ${first[0]} to ${figure(last[1])} at step ${last[0]}.`}
      x={{ label: "step", domain: [first[0], last[0]] }}
      y={{ label: "objective", domain: around(all.map(([, y]) => y)) }}
      legend={[{ name: `${figure(first[1])} to ${figure(last[1])}`, kind: "model" }]}
    >
      {(x, y) => (
        <>
          <Curve points={all} x={x} y={y} kind="model" />
          {all.length <= 60 && all.map(([px, py]) => <circle class="dot" cx={round(x(px))} cy={round(y(py))} r={3} />)}
        </>
      )}
    </Chart>
  );
}
