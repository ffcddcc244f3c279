import { formatCount } from "../base/units.js";
import { className, type Model } from "../model/model.js";
import { fewestOfClass } from "../train/cautions.js";

/** What to think of figures on some rows: of which classes so few rows are there that the figures hang on them, here and in training. */
export function doubtsOf(model: Model, labels: readonly number[] | undefined): readonly string[] {
  if (model.task === "regression") return [];
  const doubts: string[] = [];
  const named = (counts: readonly number[], least: number): string => {
    const rare = counts.flatMap((count, code) => (count < least ? [{ count, code }] : []));
    const told = rare
      .slice(0, 3)
      .map(({ count, code }) => `${formatCount(count)} of ${className(model.classes[code]!)}`);
    return [...told, ...(rare.length > 3 ? [`few of ${rare.length - 3} more classes`] : [])].join(", ");
  };
  const here = model.classes.map(() => 0);
  for (const label of labels ?? []) here[label]!++;
  const judged = labels ? named(here, fewestOfClass.judged) : "";
  if (judged !== "")
    doubts.push(
      `of the rows here only ${judged}: how the loss grows hangs on so few and is doubtful, whatever its digits`,
    );
  const learned = named((model.about["classRows"] ?? []) as readonly number[], fewestOfClass.train);
  if (learned !== "") doubts.push(`only ${learned} were there to learn from: what the model does may be chance`);
  return doubts;
}
