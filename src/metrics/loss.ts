/** What a row's outputs cost for its label: squared error, or surprise in nats. Outputs are margins, or the prediction. */
export function lossOf(
  task: "binary" | "multiclass" | "regression",
  outputs: readonly number[],
  label: number,
): number {
  if (task === "regression") return (outputs[0]! - label) ** 2;
  const margins = task === "binary" ? [0, outputs[0]!] : outputs;
  const largest = Math.max(...margins);
  return largest + Math.log(margins.reduce((sum, margin) => sum + Math.exp(margin - largest), 0)) - margins[label]!;
}
