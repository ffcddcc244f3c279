import { formatBytes, formatCount, formatSeconds } from "../../base/units.js";
import { figure } from "../../metrics/figure.js";
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
      {!judged && report.folds && <FoldTiles task={report.task} folds={report.folds} />}
      {judged && (
        <dl class="tiles">
          {headlines[report.task]!.flatMap((name) => {
            const [split, { model, baseline }] = judged;
            const value = model.values[name];
            if (value === undefined) return [];
            const interval = model.intervals[name];
            const other = baseline?.values[name];
            return [
              <div>
                <dt title={explained(name, report.task)}>{titleOf(name)}</dt>
                <dd>
                  <b>{figure(value)}</b>
                  {interval && (
                    <span>
                      {figure(interval[0])} to {figure(interval[1])}
                    </span>
                  )}
                  {other !== undefined && <span>baseline {figure(other)}</span>}
                  <span class="on">{split} rows</span>
                </dd>
              </div>,
            ];
          })}
        </dl>
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

/** The headlines of a model whose training was judged by folds alone. */
const FoldTiles = ({ task, folds }: { task: ReportInput["task"]; folds: NonNullable<ReportInput["folds"]> }) => (
  <dl class="tiles">
    {headlines[task]!.flatMap((name) => {
      const found = folds.metrics[name];
      if (!found) return [];
      const { mean, low, high } = found;
      const other = folds.baseline[name]?.mean;
      return [
        <div>
          <dt title={explained(name, task)}>{titleOf(name)}</dt>
          <dd>
            <b>{figure(mean)}</b>
            {low !== null && high !== null && (
              <span>
                {figure(low)} to {figure(high)}
              </span>
            )}
            {other !== undefined && <span>baseline {figure(other)}</span>}
            <span class="on">{folds.k} folds</span>
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
