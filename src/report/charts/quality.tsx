import { formatCount } from "../../base/units.js";
import { figure } from "../../metrics/figure.js";
import { around, Chart, Curve, type Point, percent, round } from "./chart.js";

type Table = readonly Readonly<Record<string, number | string>>[];
const points = (table: Table, x: string, y: string): Point[] => table.map((row) => [Number(row[x]), Number(row[y])]);
const unit: readonly [number, number] = [0, 1];

export function RocChart({ id, table, auc }: { id: string; table: Table; auc: number }) {
  return (
    <Chart
      id={id}
      title="ROC curve"
      description={`Share of positives found against share of negatives flagged, for every threshold. The area under it is ${figure(auc)}; guessing gives the diagonal.`}
      x={{ label: "negatives flagged", domain: unit, percent: true }}
      y={{ label: "positives found", domain: unit, percent: true }}
      legend={[
        { name: `model, AUC ${figure(auc)}`, kind: "model" },
        { name: "guessing", kind: "baseline" },
      ]}
    >
      {(x, y) => (
        <>
          <Curve
            points={[
              [0, 0],
              [1, 1],
            ]}
            x={x}
            y={y}
            kind="baseline"
          />
          <Curve points={points(table, "falsePositiveRate", "truePositiveRate")} x={x} y={y} kind="model" />
        </>
      )}
    </Chart>
  );
}

export function PrecisionChart({ id, table, area, rate }: { id: string; table: Table; area: number; rate: number }) {
  return (
    <Chart
      id={id}
      title="Precision and recall"
      description={`Precision against recall for every threshold. The area is ${figure(area)}; guessing gives a precision of ${percent(rate)} everywhere.`}
      x={{ label: "recall", domain: unit, percent: true }}
      y={{ label: "precision", domain: unit, percent: true }}
      legend={[
        { name: `model, PR-AUC ${figure(area)}`, kind: "model" },
        { name: "guessing", kind: "baseline" },
      ]}
    >
      {(x, y) => (
        <>
          <Curve
            points={[
              [0, rate],
              [1, rate],
            ]}
            x={x}
            y={y}
            kind="baseline"
          />
          <Curve points={points(table, "recall", "precision")} x={x} y={y} kind="model" />
        </>
      )}
    </Chart>
  );
}

export function CalibrationChart({ id, table, error }: { id: string; table: Table; error: number }) {
  const all = points(table, "predicted", "observed");
  const top = Math.min(1, niceTop(Math.max(...all.flat())));
  return (
    <Chart
      id={id}
      title="Calibration"
      description={`Mean predicted probability against the share that came true, in ${all.length} groups of equal size. On the diagonal a probability means what it says; the mean distance is ${figure(error)}.`}
      x={{ label: "predicted", domain: [0, top], percent: true }}
      y={{ label: "came true", domain: [0, top], percent: true }}
      legend={[
        { name: `model, mean distance ${figure(error)}`, kind: "model" },
        { name: "perfect", kind: "baseline" },
      ]}
    >
      {(x, y) => (
        <>
          <Curve
            points={[
              [0, 0],
              [top, top],
            ]}
            x={x}
            y={y}
            kind="baseline"
          />
          <Curve points={all} x={x} y={y} kind="model" />
          {all.map(([px, py]) => (
            <circle class="dot" cx={round(x(px))} cy={round(y(py))} r={3} />
          ))}
        </>
      )}
    </Chart>
  );
}

export function LiftChart({ id, table }: { id: string; table: Table }) {
  const rows = table.map((row) => ({ group: Number(row["group"]), lift: Number(row["lift"]) }));
  const top = niceTop(Math.max(1.2, ...rows.map(({ lift }) => lift)));
  const first = rows[0]?.lift ?? 1;
  return (
    <Chart
      id={id}
      title="Lift by tenth"
      description={`Rows sorted by score and cut into tenths: how many more positives each has than the average. The first tenth has ${first.toFixed(2)} times as many.`}
      x={{ label: "tenth of rows, highest scores first", domain: [0.4, rows.length + 0.6] }}
      y={{ label: "times the average", domain: [0, top] }}
      legend={[
        { name: `first tenth ${first.toFixed(2)}×`, kind: "model" },
        { name: "average", kind: "baseline" },
      ]}
    >
      {(x, y) => (
        <>
          {rows.map(({ group, lift }) => (
            <rect
              class="bar"
              x={round(x(group - 0.38))}
              y={round(y(lift))}
              width={round(x(0.76) - x(0))}
              height={round(y(0) - y(lift))}
            >
              <title>{`tenth ${group}: ${lift.toFixed(2)}`}</title>
            </rect>
          ))}
          <Curve
            points={[
              [0.4, 1],
              [rows.length + 0.6, 1],
            ]}
            x={x}
            y={y}
            kind="baseline"
          />
        </>
      )}
    </Chart>
  );
}

export function ResidualChart({ id, table, rmse }: { id: string; table: Table; rmse: number }) {
  const all = points(table, "predicted", "residual");
  // At least half an RMSE to each side, so that chance does not look like a pattern.
  return (
    <Chart
      id={id}
      title="Where predictions are off"
      description={`Mean of label minus prediction in ${all.length} groups of rows by prediction; zero means no tendency to be too high or too low there.`}
      x={{ label: "prediction", domain: around(all.map(([x]) => x)) }}
      y={{
        label: "label minus prediction, mean",
        domain: around([...all.map(([, y]) => y), -rmse / 2, rmse / 2]),
      }}
      legend={[
        { name: "model", kind: "model" },
        { name: "no tendency", kind: "baseline" },
      ]}
    >
      {(x, y) => (
        <>
          <Curve points={x.domain().map((at): Point => [at, 0])} x={x} y={y} kind="baseline" />
          <Curve points={all} x={x} y={y} kind="model" />
          {all.map(([px, py]) => (
            <circle class="dot" cx={round(x(px))} cy={round(y(py))} r={3} />
          ))}
        </>
      )}
    </Chart>
  );
}

export function ErrorChart({ id, table }: { id: string; table: Table }) {
  const bars = table.map((row) => ({
    from: Number(row["from"]),
    to: Number(row["to"]),
    weight: Number(row["weight"]),
  }));
  const total = bars.reduce((sum, { weight }) => sum + weight, 0);
  const [low, high] = [bars[0]!.from, bars.at(-1)!.to];
  return (
    <Chart
      id={id}
      title="How errors spread"
      description={`Share of rows by label minus prediction, from ${figure(low)} to ${figure(high)}: the middle 98 percent, with what lies beyond in the outer bars.`}
      x={{ label: "label minus prediction", domain: high > low ? [low, high] : around([low]) }}
      y={{
        label: "share of rows",
        domain: [0, niceTop(Math.max(...bars.map(({ weight }) => weight / total)))],
        percent: true,
      }}
      note="The outermost bars hold everything beyond the middle 98 %."
    >
      {(x, y) =>
        bars.map(({ from, to, weight }) => (
          <rect
            class="bar"
            x={round(x(from))}
            y={round(y(weight / total))}
            width={Math.max(1, round(x(to) - x(from)) - 1)}
            height={round(y(0) - y(weight / total))}
          >
            <title>{`${figure(from)} to ${figure(to)}: ${percent(weight / total)}`}</title>
          </rect>
        ))
      }
    </Chart>
  );
}

/** Rows by what they are and what was predicted, shaded by the share of their class; up to 20 classes. */
export function Confusion({ table, classes }: { table: Table; classes: readonly string[] }) {
  const size = Math.round(Math.sqrt(table.length));
  const at = (i: number, j: number): number => Number(table[i * size + j]!["weight"]);
  const names = Array.from({ length: size }, (_, k) => classes[k] ?? String(table[k * size]!["label"]));
  return (
    <div class="scroll">
      <table class="confusion">
        <caption>Rows by class: down what they are, across what was predicted</caption>
        <thead>
          <tr>
            <td />
            {names.map((name) => (
              <th scope="col">{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((name, i) => {
            const all = names.reduce((sum, _, j) => sum + at(i, j), 0);
            return (
              <tr>
                <th scope="row">{name}</th>
                {names.map((_, j) => (
                  <td
                    class={i === j ? "right" : "wrong"}
                    style={`--share:${all > 0 ? (at(i, j) / all).toFixed(3) : 0}`}
                  >
                    {formatCount(Math.round(at(i, j)))}
                    {size <= 6 && all > 0 && <small>{percent(Number((at(i, j) / all).toFixed(3)))}</small>}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** The next of 1, 1.5, 2, 3, 4, 5, 6, 8, 10 times a power of ten. */
export function niceTop(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value * (1 - 1e-9))!;
}
