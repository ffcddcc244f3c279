import { formatBytes, formatCount, formatSeconds } from "../base/units.js";
import { learnerBytesOf } from "../train/check.js";
import { planTraining } from "../train/plan.js";
import { type Context, openWorkspace } from "./command.js";
import { table } from "./tables.js";
import { type LearningFlags, specOf } from "./train.js";

export async function plan(sources: readonly string[], flags: LearningFlags, context: Context): Promise<void> {
  const spec = specOf(sources, flags);
  await using workspace = await openWorkspace(flags, context.signal, { learnerBytes: learnerBytesOf(spec), sources });
  const found = await planTraining(spec, workspace);
  const [low, high] = found.seconds;
  context.print(
    `${sources.join(", ")}: ${found.rowsExact ? "" : "about "}${formatCount(found.rows)} rows, ${found.columns} usable columns, ${formatBytes(found.bytes)}`,
  );
  context.print(
    `memory  ${formatBytes(workspace.budgetBytes)} (${workspace.budgetReason}), peak about ${formatBytes(found.peakBytes)}; ${workspace.plan.threads} threads`,
  );
  context.print(
    `time    ${formatSeconds(low)} to ${formatSeconds(high)}, ${found.passes} passes; about $${found.cost.toFixed(4)} on a rented core at $0.05 an hour`,
  );
  if (found.cluster) {
    const { cores, queries, seconds: busy, travelBytes } = found.cluster;
    context.print(
      `cluster about ${queries} queries, ${formatSeconds(busy)} on its ${cores} cores; ${formatBytes(travelBytes)} of rows come here`,
    );
  }
  context.print(`disk    ${formatBytes(found.cacheBytes)} in the cache\n`);
  context.print(
    table(
      ["stage", "seconds"],
      found.stages.map(({ what, seconds }) => [what, seconds.toFixed(1)]),
    ),
  );
  for (const line of found.advice) context.print(`advice: ${line}`);
  for (const { message } of found.warnings) context.print(`warning: ${message}`);
  context.json(found);
}
