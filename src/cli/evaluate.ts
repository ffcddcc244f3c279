import { formatCount } from "../base/units.js";
import { evaluateModel } from "../predict/evaluate.js";
import { unscored } from "../train/cautions.js";
import { loadKept } from "../train/kept.js";
import { type CommonFlags, type Context, dataOptionsOf, homeOf, openWorkspace, type SourceFlags } from "./command.js";
import { metricsTable } from "./tables.js";
import { watching } from "./watch.js";

export async function evaluate(
  ref: string,
  sources: readonly string[],
  flags: CommonFlags & SourceFlags & { where?: string },
  context: Context,
): Promise<void> {
  const loaded = loadKept(await homeOf(flags), ref);
  await using workspace = await openWorkspace(flags, context.signal, { sources });
  const { rows, model, baseline, uncalibrated, unweighted } = await watching(workspace, flags, "judging", () =>
    evaluateModel(
      loaded.model,
      sources,
      { ...dataOptionsOf(flags), ...(flags.where === undefined ? {} : { where: flags.where }) },
      workspace,
    ),
  );
  context.print(
    `${loaded.ref} on ${sources.join(", ")}: ${formatCount(rows.read)} rows read, ${formatCount(rows.labelled)} with a label`,
  );
  if (rows.unknownClass > 0)
    context.print(
      `${formatCount(rows.unknownClass)} rows have a class that training did not see (${rows.unknownClasses.join(", ")}): they count as wrong in the accuracy, and in no other figure`,
    );
  const without = unscored(model, "rows with a label");
  if (without) context.print(`warning: ${without.message}`);
  context.print(metricsTable(model, baseline, { uncalibrated, unweighted }));
  context.json({
    model: loaded.ref,
    rows: {
      read: rows.read,
      evaluated: rows.labelled,
      labelled: rows.labelled,
      unlabelled: rows.unlabelled,
      unknownClass: rows.unknownClass,
      filtered: rows.filtered,
      setAside: rows.setAside,
    },
    metrics: model.values,
    baseline: baseline.values,
    ...(uncalibrated ? { uncalibrated: uncalibrated.values } : {}),
    ...(unweighted ? { unweighted: unweighted.values } : {}),
    intervals: model.intervals,
    errorBounds: model.errorBounds,
  });
}
