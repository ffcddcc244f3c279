/** Rows as lists of slots and values; what ftrlRows learns from them with the log loss, in float64: the weight of each slot, and the bias. */
export function ftrlReference(
  rows: readonly { readonly slots: readonly number[]; readonly values: readonly number[]; readonly label: number }[],
  size: number,
  { rate, beta, l1, l2 }: { readonly rate: number; readonly beta: number; readonly l1: number; readonly l2: number },
): { weights: Float64Array; bias: number } {
  const z = new Float64Array(size + 1);
  const root = new Float64Array(size + 1);
  const weightOf = (slot: number): number => {
    const least = slot === size ? 0 : l1; // the bias goes free
    const pull = Math.max(Math.abs(z[slot]!) - least, 0);
    return (-Math.sign(z[slot]!) * pull) / ((root[slot]! + beta) / rate + l2);
  };
  for (const { slots, values, label } of rows) {
    const features = [...slots.map((slot, f) => [slot, values[f]!] as const), [size, 1] as const];
    const weights = features.map(([slot]) => weightOf(slot));
    const margin = features.reduce((sum, [, x], f) => sum + weights[f]! * x, 0);
    const gradient = 1 / (1 + Math.exp(-margin)) - label;
    features.forEach(([slot, x], f) => {
      const g = gradient * x;
      const next = Math.hypot(root[slot]!, g);
      z[slot]! += g - ((next - root[slot]!) / rate) * weights[f]!;
      root[slot] = next;
    });
  }
  return { weights: Float64Array.from({ length: size }, (_, slot) => weightOf(slot)), bias: weightOf(size) };
}
