import { formatBytes, formatCount, formatSeconds } from "../../base/units.js";
import { figure } from "../../metrics/figure.js";
import { Parts } from "../charts/bars.js";
import { percent } from "../charts/chart.js";
import { LossChart } from "../charts/loss.js";
import type { ReportInput } from "../input.js";
import { titleOf } from "../names.js";
import { Prose } from "../words.js";

const words: Readonly<Record<string, string>> = {
  setAside: "set aside",
  sampledOut: "sampled out",
  unlabelled: "without a label",
  filtered: "filtered out",
  train: "training",
};

export function Data({ report }: { report: ReportInput }) {
  const { read, ...parts } = report.rows;
  const used = Object.entries(parts).filter(([, count]) => count > 0);
  const withMissing = report.columns.some(({ missing }) => missing !== undefined);
  return (
    <>
      {read !== undefined && <p>{formatCount(read)} rows were read. Each of them is in exactly one of these:</p>}
      <Parts
        label={used.map(([name, count]) => `${words[name] ?? name} ${formatCount(count)}`).join(", ")}
        parts={used.map(([name, value]) => ({ name: words[name] ?? name, value, text: formatCount(value) }))}
      />
      <div class="scroll">
        <table>
          <caption>What became of each column, and why</caption>
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col">Type</th>
              {withMissing && (
                <th scope="col" class="number">
                  Missing
                </th>
              )}
              <th scope="col">Use</th>
              <th scope="col">Reason</th>
            </tr>
          </thead>
          <tbody>
            {report.columns.map(({ column, type, missing, use, reason }) => (
              <tr class={/^drop/i.test(use) ? "dropped" : ""}>
                <th scope="row" class="long">
                  {column}
                </th>
                <td>{type}</td>
                {withMissing && <td class="number">{missing ? percent(Number(missing.toPrecision(2))) : ""}</td>}
                <td>{use}</td>
                <td class="quiet">
                  <Prose text={reason} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

export function Learning({ report }: { report: ReportInput }) {
  const notes = spans(report.steps);
  const params = Object.entries(report.params);
  return (
    <>
      <p>
        {report.learner}
        {params.length > 0 && `, with ${params.map(([name, value]) => `${name} ${value}`).join(", ")}`}.
      </p>
      {report.chosen !== undefined && (
        <p>
          No learner was named, so this one was chosen. <Prose text={report.chosen} />.
        </p>
      )}
      {report.outOfBag && (
        <p>
          Out of bag: {formatCount(report.outOfBag.rows)} training rows, each judged by the trees that did not grow on
          it, give {outOfBagFigures(report.outOfBag)}.
        </p>
      )}
      <div class="charts">
        <LossChart steps={report.steps} />
      </div>
      {notes.length > 0 && (
        <ul>
          {notes.slice(0, 12).map(({ from, to, note }) => (
            <li>
              {from === to ? `step ${from}` : `steps ${from} to ${to}`}: {note}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

const outOfBagFigures = ({ rows: _, ...values }: NonNullable<ReportInput["outOfBag"]>): string =>
  Object.entries(values)
    .map(([name, value]) => `${titleOf(name)} ${figure(value as number)}`)
    .join(", ");

/** Steps in a row that say the same, as one. */
function spans(steps: ReportInput["steps"]): { from: number; to: number; note: string }[] {
  const out: { from: number; to: number; note: string }[] = [];
  for (const { step, note } of steps) {
    if (note === undefined) continue;
    const last = out.at(-1);
    if (last?.note === note) last.to = step;
    else out.push({ from: step, to: step, note });
  }
  return out;
}

/** What was promised before the run, and what came. */
export function PlanAndReality({ report: { plan, reality } }: { report: ReportInput }) {
  const inside = plan && reality.seconds >= plan.seconds[0] && reality.seconds <= plan.seconds[1];
  const rows: readonly (readonly [string, string | undefined, string])[] = [
    [
      "Time",
      plan && `${formatSeconds(plan.seconds[0])} to ${formatSeconds(plan.seconds[1])}`,
      formatSeconds(reality.seconds),
    ],
    ["Passes over the rows", plan?.passes?.toString(), String(reality.passes)],
    ["Bytes read", plan?.bytes === undefined ? undefined : formatBytes(plan.bytes), formatBytes(reality.bytesRead)],
    [
      "Spilled to disk",
      plan?.spillBytes === undefined ? undefined : formatBytes(plan.spillBytes),
      formatBytes(reality.spillBytes),
    ],
    [
      "Peak memory",
      plan?.peakBytes === undefined ? undefined : formatBytes(plan.peakBytes),
      formatBytes(reality.peakRssBytes),
    ],
    ["Memory budget", undefined, formatBytes(reality.budgetBytes)],
    ...(reality.threads === undefined ? [] : [["Threads", undefined, String(reality.threads)] as const]),
  ];
  return (
    <>
      <div class="scroll">
        <table class="compact">
          <thead>
            <tr>
              <td />
              {plan && (
                <th scope="col" class="number">
                  Planned
                </th>
              )}
              <th scope="col" class="number">
                Real
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, planned, real]) => (
              <tr>
                <th scope="row">{name}</th>
                {plan && <td class="number quiet">{planned}</td>}
                <td class="number strong">{real}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {plan && <p class="note">The time was {inside ? "within" : "outside"} the planned range.</p>}
      {reality.peakRssBytes > reality.budgetBytes && (
        <p class="note">The peak was above the budget: that is a bug of ours, please report it.</p>
      )}
    </>
  );
}

export function Reproduce({ report: { reproduce, model } }: { report: ReportInput }) {
  const facts: readonly (readonly [string, string])[] = [
    ["Model", model],
    ...(reproduce.run ? [["Run", reproduce.run] as const] : []),
    ["State hash", reproduce.stateHash],
    ...(reproduce.seed === undefined ? [] : [["Seed", String(reproduce.seed)] as const]),
    ...Object.entries(reproduce.versions),
  ];
  return (
    <>
      <p>
        The same data, command and seed give the same state hash, whatever the budget, the number of threads and the
        state of the cache.
      </p>
      <pre>
        <code>{reproduce.command}</code>
      </pre>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>
              <code>{value}</code>
            </dd>
          </div>
        ))}
      </dl>
      {reproduce.data.length > 0 && (
        <div class="scroll">
          <table>
            <caption>Data, with the SHA-256 of size, time and content blocks</caption>
            <thead>
              <tr>
                <th scope="col">File</th>
                <th scope="col" class="number">
                  Size
                </th>
                <th scope="col">Fingerprint</th>
              </tr>
            </thead>
            <tbody>
              {reproduce.data.slice(0, 50).map(({ path, bytes, fingerprint }) => (
                <tr>
                  <th scope="row" class="long">
                    {path}
                  </th>
                  <td class="number">{bytes !== undefined && formatBytes(bytes)}</td>
                  <td>
                    <code>{fingerprint.slice(0, 16)}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {reproduce.data.length > 50 && <p class="note">And {formatCount(reproduce.data.length - 50)} more files.</p>}
        </div>
      )}
    </>
  );
}
