/** A number as people read it: four decimals near 1, five digits otherwise. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  if (value === 0 || Number.isInteger(value))
    return size < 1e9 ? value.toLocaleString("en-US") : value.toExponential(3);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(3);
  if (size >= 1e4) return Math.round(value).toLocaleString("en-US");
  return size < 10 ? value.toFixed(4) : value.toPrecision(5);
}

/** A bound as people read it: two digits, rounded up, so that it stays one. */
export function boundFigure(bound: number): string {
  const unit = 10 ** (Math.floor(Math.log10(bound)) - 1);
  return (Math.ceil(bound / unit - 1e-9) * unit).toExponential(1);
}
