import { formatBytes, formatCount, formatSeconds } from "../../base/units.js";
import { figure } from "../../metrics/figure.js";
import { intervalOf } from "../../metrics/over-folds.js";
import type { ReportInput } from "../input.js";
import { explained, headlines, titleOf } from "../names.js";
import { Prose, plural } from "../words.js";

/** The figures and sentences that someone with half a minute reads. */
export function Summary({ report }: { report: ReportInput }) {
  const judged = Object.entries(report.quality).at(-1);
  const { reality } = report;
  return (
    <>
      <p class="lead">{sentence(report)}</p>
      {judged ? (
        <Tiles task={report.task} on={`${judged[0]} rows`} figureOf={judgedFigure(judged[1])} />
      ) : (
        report.folds && <Tiles task={report.task} on={`${report.folds.k} folds`} figureOf={foldFigure(report.folds)} />
      )}
      <p>
        It took {formatSeconds(reality.seconds)} and {formatBytes(reality.peakRssBytes)} of memory within a budget of{" "}
        {formatBytes(reality.budgetBytes)}
        {report.rows["train"] !== undefined && <>, for {formatCount(report.rows["train"])} training rows</>}.
      </p>
      {report.warnings.length > 0 && (
        <aside class="warnings" aria-label="Warnings">
          <h3>{report.warnings.length === 1 ? "One warning" : `${report.warnings.length} warnings`}</h3>
          <ul>
            {report.warnings.map(({ message }) => (
              <li>
                <Prose text={message} />
              </li>
            ))}
          </ul>
        </aside>
      )}
    </>
  );
}

/** A headline, its 95 % interval and the baseline's; nothing where there is none. */
type FigureOf = (name: string) =>
  | {
      readonly value: number;
      readonly interval: readonly [number, number] | undefined;
      readonly baseline: number | undefined;
    }
  | undefined;

const judgedFigure =
  ({ model, baseline }: ReportInput["quality"][string]): FigureOf =>
  (name) => {
    const value = model.values[name];
    return value === undefined
      ? undefined
      : { value, interval: model.intervals[name], baseline: baseline?.values[name] };
  };

const foldFigure =
  ({ metrics, baseline }: NonNullable<ReportInput["folds"]>): FigureOf =>
  (name) => {
    const found = metrics[name];
    return found && { value: found.mean, interval: intervalOf(found), baseline: baseline[name]?.mean };
  };

const Tiles = ({ task, on, figureOf }: { task: ReportInput["task"]; on: string; figureOf: FigureOf }) => (
  <dl class="tiles">
    {headlines[task]!.flatMap((name) => {
      const found = figureOf(name);
      if (!found) return [];
      const { value, interval, baseline } = found;
      return [
        <div>
          <dt title={explained(name, task)}>{titleOf(name)}</dt>
          <dd>
            <b>{figure(value)}</b>
            {interval && (
              <span>
                {figure(interval[0])} to {figure(interval[1])}
              </span>
            )}
            {baseline !== undefined && <span>baseline {figure(baseline)}</span>}
            <span class="on">{on}</span>
          </dd>
        </div>,
      ];
    })}
  </dl>
);

function sentence({ task, label, classes, learner, columns }: ReportInput): string {
  const used = columns.filter(({ use }) => !/^drop/i.test(use)).length;
  const inputs =
    columns.length > 0
      ? ` from ${used === columns.length ? plural(used, "column") : `${used} of ${plural(columns.length, "column")}`}`
      : "";
  if (task === "regression") return `Predicts ${label}${inputs}, by ${learner} regression.`;
  if (task === "binary")
    return `Predicts whether ${label}${classes[1] === undefined || classes[1] === "true" ? "" : ` is ${classes[1]}`}${inputs}. Learner: ${learner}.`;
  return `Predicts ${label}, one of ${classes.length} classes,${inputs}. Learner: ${learner}.`;
}
