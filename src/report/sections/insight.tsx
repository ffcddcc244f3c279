import { formatCount } from "../../base/units.js";
import type { Effect } from "../../learners/contract.js";
import { figure } from "../../metrics/figure.js";
import { Whisker } from "../charts/bars.js";
import { around } from "../charts/chart.js";
import type { ReportComparison, ReportInput, ReportSlice } from "../input.js";
import { headlines, inOrder, metricNames, titleOf } from "../names.js";

const shown = 20;
const z = 1.959963984540054;

/** What moves the prediction most, each for a usual change of its feature, so that they compare. */
export function Effects({ report }: { report: ReportInput }) {
  const effects = report.effects.slice(0, shown);
  const spread = effects.map(intervalOf);
  const ends = effects.flatMap(({ standardised }, i) => [standardised, ...(spread[i] ?? [])]);
  const domain = around(ends, 0);
  const withClass = effects.some(({ output }) => output !== undefined);
  const withError = effects.some(({ error }) => error !== undefined);
  const unit = report.task === "regression" ? `in units of ${report.label}` : "in log odds";
  return (
    <>
      <p>
        The change of the output {unit} when a feature grows by one standard deviation, all others staying as they are
        {withError && "; whiskers are 95 % intervals"}. Features that go together share their effect, so read it as a
        description, not as a cause.
      </p>
      <div class="scroll">
        <table class="effects">
          <thead>
            <tr>
              <th scope="col">Feature</th>
              {withClass && <th scope="col">Class</th>}
              <th scope="col" class="number">
                Per unit
              </th>
              {withError && (
                <th scope="col" class="number">
                  ± 95 %
                </th>
              )}
              <th scope="col" class="number">
                Per deviation
              </th>
              <th scope="col" class="picture">
                lowers · raises
              </th>
            </tr>
          </thead>
          <tbody>
            {effects.map((effect, i) => {
              const name = effect.level === undefined ? effect.feature : `${effect.feature} = ${effect.level}`;
              return (
                <tr>
                  <th scope="row" class="long">
                    {name}
                  </th>
                  {withClass && <td>{report.classes[effect.output ?? 0] ?? effect.output}</td>}
                  <td class="number">{figure(effect.coefficient)}</td>
                  {withError && <td class="number quiet">{effect.error !== undefined && figure(z * effect.error)}</td>}
                  <td class="number strong">{figure(effect.standardised)}</td>
                  <td class="picture">
                    <Whisker
                      value={effect.standardised}
                      interval={spread[i]}
                      domain={domain}
                      reference={0}
                      label={`${name}: ${figure(effect.standardised)}`}
                    />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {report.effects.length > shown && (
        <p class="note">And {formatCount(report.effects.length - shown)} smaller ones.</p>
      )}
    </>
  );
}

function intervalOf({ coefficient, standardised, error }: Effect): readonly [number, number] | undefined {
  if (error === undefined || coefficient === 0) return undefined;
  const half = z * error * Math.abs(standardised / coefficient);
  return [standardised - half, standardised + half];
}

/** One figure for the rows of each value: where the model is better or worse than over all. */
export function Slices({ slices, report }: { slices: readonly ReportSlice[]; report: ReportInput }) {
  return (
    <>
      {slices.map(({ column, metric, split, values }) => {
        const all = report.quality[split]?.model.values[metric];
        const reference = all ?? values.reduce((sum, { model }) => sum + model, 0) / values.length;
        const domain = around(
          values.flatMap(({ model, interval }) => [model, ...(interval ?? [])]),
          reference,
        );
        const baseline = values.some((value) => value.baseline !== undefined);
        return (
          <div class="scroll">
            <table class="effects">
              <caption>
                {titleOf(metric)} by {column}, {split} rows{all !== undefined && `; all rows ${figure(all)} (the line)`}
              </caption>
              <thead>
                <tr>
                  <th scope="col">{column}</th>
                  <th scope="col" class="number">
                    Rows
                  </th>
                  <th scope="col" class="number">
                    {titleOf(metric)}
                  </th>
                  <th scope="col" class="number">
                    95 % interval
                  </th>
                  {baseline && (
                    <th scope="col" class="number">
                      Baseline
                    </th>
                  )}
                  <th scope="col" class="picture">
                    {metricNames[metric]?.better === "down" ? "better · worse" : "worse · better"}
                  </th>
                </tr>
              </thead>
              <tbody>
                {values.map((value) => (
                  <tr>
                    <th scope="row" class="long">
                      {value.value}
                    </th>
                    <td class="number">{formatCount(value.rows)}</td>
                    <td class="number strong">{figure(value.model)}</td>
                    <td class="number quiet">
                      {value.interval && `${figure(value.interval[0])} to ${figure(value.interval[1])}`}
                    </td>
                    {baseline && <td class="number">{value.baseline !== undefined && figure(value.baseline)}</td>}
                    <td class="picture">
                      <Whisker
                        point
                        better={metricNames[metric]?.better}
                        value={value.model}
                        interval={value.interval}
                        domain={domain}
                        reference={reference}
                        label={`${value.value}: ${figure(value.model)}`}
                      />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        );
      })}
    </>
  );
}

const mostFigures = 6;

export function Comparison({ comparison, task }: { comparison: ReportComparison; task: ReportInput["task"] }) {
  const all = inOrder([...new Set(comparison.rows.flatMap(({ values }) => Object.keys(values)))]);
  const names = all.length <= mostFigures ? all : all.filter((name) => headlines[task]!.includes(name));
  return (
    <>
      <h3>{comparison.title}</h3>
      {comparison.paragraphs.map((text) => (
        <p>{text}</p>
      ))}
      <div class="scroll">
        <table class="compact">
          <thead>
            <tr>
              <td />
              {names.map((name) => (
                <th scope="col" class="number">
                  {titleOf(name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {comparison.rows.map(({ name, values }) => (
              <tr>
                <th scope="row" class="long">
                  {name}
                </th>
                {names.map((metric) => (
                  <td class="number">{values[metric] !== undefined && figure(values[metric])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
