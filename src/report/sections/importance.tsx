import { formatCount } from "../../base/units.js";
import { figure } from "../../metrics/figure.js";
import { Whisker } from "../charts/bars.js";
import { around } from "../charts/chart.js";
import type { ReportInput, ReportInsight } from "../input.js";
import { Doubts } from "../words.js";

const shown = 20;
const z = 1.959963984540054;

/** What the model loses when a column says nothing any more: its values are those of other rows. */
export function Importances({ insight, report }: { insight: ReportInsight; report: ReportInput }) {
  const { split, rows, repeats, metric, columns, importance, doubts = [] } = insight;
  // What an earlier version found out has no errors.
  const listed = importance.slice(0, shown).map((one) => ({ ...one, half: z * (one.error ?? one.spread ?? 0) }));
  const ends = listed.flatMap(({ loss, half, change }) => (loss === undefined ? [change] : [loss - half, loss + half]));
  const domain = around(ends, 0);
  const unit = report.task === "regression" ? `in units of ${report.label}` : "in log odds";
  return (
    <>
      <p>
        {metric
          ? `By how much the ${metric === "rmse" ? "RMSE" : metric} grows`
          : `By how far the output moves, ${unit},`}{" "}
        on {formatCount(rows)} {split} rows when a column takes the values of other rows: the mean of {repeats} shuffles
        {metric && `, its 95 % interval over rows and shuffles, and beside it how far the output moves, ${unit}`}.
        Columns that say the same stand in for each other, so each of them may look small.
      </p>
      <Doubts doubts={doubts} />
      {importance.length < columns && (
        <p>
          Of the {formatCount(columns)} columns that the model reads, the {importance.length} that do most in it were
          shuffled.
        </p>
      )}
      <div class="scroll">
        <table class="effects">
          <thead>
            <tr>
              <th scope="col">Column</th>
              {metric && (
                <th scope="col" class="number">
                  {metric === "rmse" ? "RMSE" : "Log loss"} grows by
                </th>
              )}
              {metric && (
                <th scope="col" class="number">
                  ± 95 %
                </th>
              )}
              <th scope="col" class="number">
                Output moves by
              </th>
              <th scope="col" class="picture" />
            </tr>
          </thead>
          <tbody>
            {listed.map(({ column, change, loss, half }) => (
              <tr>
                <th scope="row" class="long">
                  {column}
                </th>
                {metric && <td class="number strong">{figure(loss!)}</td>}
                {metric && <td class="number quiet">{figure(half)}</td>}
                <td class="number">{figure(change)}</td>
                <td class="picture">
                  <Whisker
                    value={loss ?? change}
                    interval={loss === undefined ? undefined : [loss - half, loss + half]}
                    domain={domain}
                    reference={0}
                    label={`${column}: ${figure(loss ?? change)}`}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {importance.length > shown && <p class="note">And {formatCount(importance.length - shown)} smaller ones.</p>}
    </>
  );
}
