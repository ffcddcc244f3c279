/** Figures that the rows do not define (precision without a predicted positive) are left out, not NaN. */
export const defined = (values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)));
export const definedIntervals = (
  intervals: Readonly<Record<string, readonly [number, number]>>,
): Record<string, readonly [number, number]> =>
  Object.fromEntries(
    Object.entries(intervals).filter(([, [low, high]]) => Number.isFinite(low) && Number.isFinite(high)),
  );
