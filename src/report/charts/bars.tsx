import { scaleLinear } from "d3-scale";
import { round } from "./chart.js";

/** A value with its interval on a line that a table's rows share: small enough for a cell. */
export function Whisker({
  value,
  interval,
  domain,
  reference,
  label,
  point = false,
  better = "up",
}: {
  value: number;
  interval?: readonly [number, number] | undefined;
  domain: readonly [number, number];
  /** Where the thin vertical line stands: zero, or the figure of all rows. */
  reference: number;
  label: string;
  /** A point instead of a bar: for figures whose distance from zero says nothing. */
  point?: boolean;
  /** Which side of the reference is good news; both colours follow it. */
  better?: "up" | "down" | undefined;
}) {
  const [width, height] = [220, 18];
  const x = scaleLinear(domain, [6, width - 6]).clamp(true);
  const from = Math.min(x(reference), x(value));
  const side = (better === "down" ? value > reference : value < reference) ? "less" : "more";
  return (
    <svg class="whisker" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <title>{label}</title>
      {!point && (
        <rect class={side} x={round(from)} y={5} width={round(Math.abs(x(value) - x(reference)))} height={8} rx={1.5} />
      )}
      {interval && (
        <path
          class="interval"
          d={`M${round(x(interval[0]))},9H${round(x(interval[1]))}M${round(x(interval[0]))},6v6M${round(x(interval[1]))},6v6`}
        />
      )}
      {point && <circle class={`at ${side}`} cx={round(x(value))} cy={9} r={4.5} />}
      <line class="reference" x1={round(x(reference))} x2={round(x(reference))} y1={0} y2={height} />
    </svg>
  );
}

/** Parts of a whole in one bar, with their names below. */
export function Parts({
  parts,
  label,
}: {
  parts: readonly { readonly name: string; readonly value: number; readonly text: string }[];
  label: string;
}) {
  const total = parts.reduce((sum, { value }) => sum + value, 0);
  const [width, height] = [900, 22];
  let at = 0;
  return (
    <div class="parts">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label} preserveAspectRatio="none">
        <title>{label}</title>
        {parts.map(({ value, name }, i) => {
          const size = total > 0 ? (value / total) * width : 0;
          at += size;
          return (
            <rect
              class={`part part-${i % 6}`}
              x={round(at - size)}
              y={0}
              width={Math.max(size > 0 ? 1 : 0, round(size) - 1.5)}
              height={height}
            >
              <title>{name}</title>
            </rect>
          );
        })}
      </svg>
      <ul class="keys">
        {parts.map(({ name, text }, i) => (
          <li>
            <span class={`swatch part-${i % 6}`} />
            {name} <b>{text}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}
