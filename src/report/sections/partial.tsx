import { formatCount } from "../../base/units.js";
import { figure } from "../../metrics/figure.js";
import { Whisker } from "../charts/bars.js";
import { around } from "../charts/chart.js";
import { PartialChart } from "../charts/partial.js";
import type { ReportInput, ReportInsight, ReportPartial } from "../input.js";
import { Doubts } from "../words.js";

const mostClasses = 6;
const mostLevels = 12;

/** How the mean answer moves as each of the largest columns goes through its values. */
export function Partial({ insight, report }: { insight: ReportInsight; report: ReportInput }) {
  const { partial } = insight;
  const { names } = partial[0]!;
  const drawn = names.length > mostClasses ? mostMoved(partial) : names.map((_, k) => k);
  const answers = partial.flatMap(({ mean, points }) =>
    [mean, ...points.map((point) => point.answers)].flatMap((own) => drawn.map((k) => own[k]!)),
  );
  const domain = around(answers);
  const label =
    report.task === "regression"
      ? `mean ${report.label}`
      : names.length > 1
        ? "mean probability"
        : `mean probability of ${names[0]}`;
  const lines = partial.filter(({ form }) => form !== "level");
  return (
    <>
      <p>
        The {label} over {insight.split} rows if all of them had this value, everything else staying as it is. That
        averages over combinations that may never occur, so read it as what the model does, not as what the world does.
        All pictures have the same scale.
      </p>
      <Doubts doubts={partial[0]!.doubts ?? []} />
      {drawn.length < names.length && (
        <p>
          Shown are the {drawn.length} of {formatCount(names.length)} classes that move most.
        </p>
      )}
      <div class="charts">
        {lines.map((one, i) => (
          <PartialChart id={`partial-${i}`} partial={one} answers={drawn} label={label} y={domain} />
        ))}
      </div>
      {partial
        .filter(({ form }) => form === "level")
        .map((one) => (
          <Levels partial={one} answers={drawn} domain={domain} label={label} />
        ))}
    </>
  );
}

/** The classes whose mean probability has the widest range. */
function mostMoved(partial: readonly ReportPartial[]): number[] {
  const range = (k: number): number =>
    Math.max(
      ...partial.map(({ points }) => {
        const own = points.map(({ answers }) => answers[k]!);
        return Math.max(...own) - Math.min(...own);
      }),
    );
  return partial[0]!.names
    .map((_, k) => ({ k, range: range(k) }))
    .sort((a, b) => b.range - a.range)
    .slice(0, mostClasses)
    .map(({ k }) => k)
    .sort((a, b) => a - b);
}

function Levels({
  partial: { column, names, mean, points },
  answers,
  domain,
  label,
}: {
  partial: ReportPartial;
  answers: readonly number[];
  domain: readonly [number, number];
  label: string;
}) {
  const [only] = answers;
  const single = answers.length === 1;
  return (
    <div class="scroll">
      <table class={single ? "effects" : "compact"}>
        <caption>
          {label} by {column}
          {single && `; rows as they are ${figure(mean[only!]!)} (the line)`}
        </caption>
        <thead>
          <tr>
            <th scope="col">{column}</th>
            {answers.map((k) => (
              <th scope="col" class="number">
                {single ? "Mean" : names[k]}
              </th>
            ))}
            {single && <th scope="col" class="picture" />}
          </tr>
        </thead>
        <tbody>
          {points.slice(0, mostLevels).map((point) => (
            <tr>
              <th scope="row" class="long">
                {point.text}
              </th>
              {answers.map((k) => (
                <td class="number strong">{figure(point.answers[k]!)}</td>
              ))}
              {single && (
                <td class="picture">
                  <Whisker
                    point
                    value={point.answers[only!]!}
                    domain={domain}
                    reference={mean[only!]!}
                    label={`${point.text}: ${figure(point.answers[only!]!)}`}
                  />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {points.length > mostLevels && <p class="note">And {formatCount(points.length - mostLevels)} rarer values.</p>}
    </div>
  );
}
