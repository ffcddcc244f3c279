import { formatCount } from "../../base/units.js";
import type { Metrics } from "../../metrics/contract.js";
import { boundFigure, figure } from "../../metrics/figure.js";
import { intervalOf } from "../../metrics/over-folds.js";
import {
  CalibrationChart,
  Confusion,
  ErrorChart,
  LiftChart,
  PrecisionChart,
  ResidualChart,
  RocChart,
} from "../charts/quality.js";
import type { ReportInput } from "../input.js";
import { explained, inOrder, titleOf } from "../names.js";

export function Quality({ report }: { report: ReportInput }) {
  const splits = Object.entries(report.quality);
  if (splits.length === 0 && report.folds) return <FoldsTable task={report.task} folds={report.folds} />;
  if (splits.length === 0)
    return <p>No rows were kept to judge the model on, so this report can't say how good it is.</p>;
  return (
    <>
      {report.folds && <FoldsTable task={report.task} folds={report.folds} />}
      {report.split && !report.folds && (
        <p>{report.split.endsWith(".") ? report.split : `Validation rows: ${report.split}.`}</p>
      )}
      {splits.map(([split, judged]) => (
        <MetricsTable task={report.task} split={split} {...judged} />
      ))}
      <Curves split={splits.at(-1)![0]} metrics={splits.at(-1)![1].model} classes={report.classes} />
    </>
  );
}

/** Metrics down, what is told of each across. */
function MetricRows({
  task,
  caption,
  names,
  columns,
}: {
  task: ReportInput["task"];
  caption: string;
  names: readonly string[];
  columns: readonly (readonly [title: string, tell: (name: string) => string, look?: string])[];
}) {
  return (
    <table>
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Metric</th>
          {columns.map(([title]) => (
            <th scope="col" class="number">
              {title}
            </th>
          ))}
          <th scope="col" class="what">
            What it is
          </th>
        </tr>
      </thead>
      <tbody>
        {inOrder(names).map((name) => (
          <tr>
            <th scope="row">{titleOf(name)}</th>
            {columns.map(([, tell, look]) => (
              <td class={look ? `number ${look}` : "number"}>{tell(name)}</td>
            ))}
            <td class="quiet what">{explained(name, task)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const told = (value: number | null | undefined): string => (value === null || value === undefined ? "" : figure(value));
const between = (interval: readonly [number, number] | undefined): string =>
  interval ? `${figure(interval[0])} to ${figure(interval[1])}` : "";

/** Each figure over the folds, with the interval of its mean. */
function FoldsTable({ task, folds }: { task: ReportInput["task"]; folds: NonNullable<ReportInput["folds"]> }) {
  const { k, by, gap, rows, metrics, baseline } = folds;
  const judged = rows.reduce((sum, { validation }) => sum + validation, 0);
  return (
    <div class="scroll">
      <MetricRows
        task={task}
        caption={`On ${formatCount(judged)} rows, by ${k} folds${by === "random" ? "" : ` by ${by}`}`}
        names={Object.keys(metrics)}
        columns={[
          ["Mean", (name) => figure(metrics[name]!.mean), "strong"],
          ["95 % interval", (name) => between(intervalOf(metrics[name]!)), "quiet"],
          ["Standard deviation", (name) => told(metrics[name]!.sd)],
          ["Baseline", (name) => told(baseline[name]?.mean)],
        ]}
      />
      <p class="note">
        Each fold is judged by a model that learned from{" "}
        {by === "time" ? `the rows before it${gap === undefined ? "" : `, less ${gap}`}` : "the others"}; the model of
        this page learned from all rows. Training rows of the folds overlap, so the interval is rather too narrow than
        too wide.
      </p>
    </div>
  );
}

function MetricsTable({
  task,
  split,
  model,
  baseline,
  uncalibrated,
}: ReportInput["quality"][string] & { task: ReportInput["task"]; split: string }) {
  const bounds = Object.entries(model.errorBounds).filter(([, bound]) => bound > 0);
  const weight = model.weight === model.rows ? "" : ` (weight ${figure(model.weight)})`;
  return (
    <div class="scroll">
      <MetricRows
        task={task}
        caption={`On ${formatCount(model.rows)} ${split} rows${weight}`}
        names={Object.keys(model.values)}
        columns={[
          ["Model", (name) => figure(model.values[name]!), "strong"],
          ["95 % interval", (name) => between(model.intervals[name]), "quiet"],
          ...(uncalibrated ? [["Uncalibrated", (name: string) => told(uncalibrated.values[name])] as const] : []),
          ...(baseline ? [["Baseline", (name: string) => told(baseline.values[name])] as const] : []),
        ]}
      />
      {bounds.length > 0 && (
        <p class="note">
          Computed from a histogram of scores, so off by at most{" "}
          {bounds.map(([name, bound]) => `${boundFigure(bound)} (${titleOf(name)})`).join(", ")}.
        </p>
      )}
    </div>
  );
}

function Curves({ split, metrics, classes }: { split: string; metrics: Metrics; classes: readonly string[] }) {
  const { curves, values } = metrics;
  const has = (name: string): boolean => (curves[name]?.length ?? 0) > 0;
  return (
    <>
      <h3>Curves on {split} rows</h3>
      <div class="charts">
        {has("roc") && <RocChart id="roc" table={curves["roc"]!} auc={values["auc"]!} />}
        {has("pr") && (
          <PrecisionChart id="pr" table={curves["pr"]!} area={values["prAuc"]!} rate={values["positiveRate"]!} />
        )}
        {has("calibration") && (
          <CalibrationChart id="calibration" table={curves["calibration"]!} error={values["ece"]!} />
        )}
        {has("lift") && <LiftChart id="lift" table={curves["lift"]!} />}
        {has("residuals") && <ResidualChart id="residuals" table={curves["residuals"]!} rmse={values["rmse"]!} />}
        {has("errors") && <ErrorChart id="errors" table={curves["errors"]!} />}
      </div>
      {has("confusion") && curves["confusion"]!.length <= 400 && (
        <Confusion table={curves["confusion"]!} classes={classes} />
      )}
      {has("thresholds") && (
        <Figures
          caption="If the highest scores are called positive"
          table={curves["thresholds"]!}
          columns={{
            share: ["Share of rows", rate],
            threshold: ["Probability from", figure],
            precision: ["Precision", rate],
            recall: ["Recall", rate],
            f1: ["F1", figure],
          }}
        />
      )}
      {has("classes") && (
        <Figures
          caption="By class"
          table={curves["classes"]!.map((row, k) => ({ ...row, class: classes[k] ?? row["class"]! }))}
          columns={{
            class: ["Class", String],
            weight: ["Rows", count],
            precision: ["Precision", rate],
            recall: ["Recall", rate],
            f1: ["F1", figure],
          }}
        />
      )}
      {has("quantiles") && (
        <Figures
          caption="How large errors are"
          table={curves["quantiles"]!}
          columns={{
            quantile: ["Share of rows", rate],
            error: ["Off by at most", figure],
            squaredShare: ["Squared error in the rows beyond", rate],
          }}
        />
      )}
    </>
  );
}

const rate = (value: number): string => `${(100 * value).toFixed(1)} %`;
const count = (value: number): string => formatCount(Math.round(value));

function Figures({
  caption,
  table,
  columns,
}: {
  caption: string;
  table: readonly Readonly<Record<string, number | string>>[];
  columns: Readonly<Record<string, readonly [title: string, show: (value: never) => string]>>;
}) {
  const entries = Object.entries(columns);
  return (
    <div class="scroll">
      <table class="compact">
        <caption>{caption}</caption>
        <thead>
          <tr>
            {entries.map(([name, [title]]) => (
              <th scope="col" class={name === "class" ? "" : "number"}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.map((row) => (
            <tr>
              {entries.map(([name, [, show]]) => (
                <td class={name === "class" ? "" : "number"}>{show(row[name] as never)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
