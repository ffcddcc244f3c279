import { type ScaleLinear, scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import type { ComponentChildren } from "preact";

export type Point = readonly [x: number, y: number];
export interface Axis {
  readonly label: string;
  readonly domain: readonly [number, number];
  readonly percent?: boolean;
  readonly format?: (value: number) => string;
  /** About how many marks; 5 unless said. */
  readonly ticks?: number;
}
/** How a line is drawn; `series-0` to `series-5` are the classes of several. */
export type CurveKind = "model" | "baseline" | `series-${number}`;

interface ChartProps {
  readonly id: string;
  readonly title: string;
  /** What the picture says, for those who can't see it. */
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly legend?: readonly { readonly name: string; readonly kind: CurveKind }[];
  readonly note?: string;
  readonly children: (x: Scale, y: Scale) => ComponentChildren;
}
export type Scale = ScaleLinear<number, number>;

export const chartSize = { width: 440, height: 310, left: 66, right: 22, top: 12, bottom: 50 };

/** A figure with axes; the marks are drawn by its child over the two scales. */
export function Chart({ id, title, description, x, y, legend, note, children }: ChartProps) {
  const { width, height, left, right, top, bottom } = chartSize;
  const xScale = scaleLinear(x.domain, [left, width - right]);
  const yScale = scaleLinear(y.domain, [height - bottom, top]);
  const xFormat = x.format ?? (x.percent ? percent : xScale.tickFormat(x.ticks ?? 5));
  // Beside the name of the axis there is room for six digits; 400,000 is 400k.
  const isLarge = Math.max(...y.domain.map(Math.abs)) >= 1e5;
  const yFormat = y.format ?? (y.percent ? percent : yScale.tickFormat(y.ticks ?? 5, isLarge ? "~s" : undefined));
  return (
    <figure>
      <figcaption>
        <strong>{title}</strong>
        {legend?.map(({ name, kind }) => (
          <span class={`key ${kind}`}>{name}</span>
        ))}
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-labelledby={`${id}-title ${id}-desc`}>
        <title id={`${id}-title`}>{title}</title>
        <desc id={`${id}-desc`}>{description}</desc>
        <g class="axis">
          {yScale.ticks(y.ticks ?? 5).map((tick) => (
            <g>
              <line x1={left} x2={width - right} y1={round(yScale(tick))} y2={round(yScale(tick))} />
              <text x={left - 8} y={round(yScale(tick))} dy="0.32em" text-anchor="end">
                {yFormat(tick)}
              </text>
            </g>
          ))}
          {xScale.ticks(x.ticks ?? 5).map((tick) => (
            <g>
              <line
                class="tick"
                x1={round(xScale(tick))}
                x2={round(xScale(tick))}
                y1={height - bottom}
                y2={height - bottom + 4}
              />
              <text x={round(xScale(tick))} y={height - bottom + 19} text-anchor="middle">
                {xFormat(tick)}
              </text>
            </g>
          ))}
          <line class="base" x1={left} x2={width - right} y1={height - bottom} y2={height - bottom} />
          <text class="name" x={(left + width - right) / 2} y={height - 8} text-anchor="middle">
            {x.label}
          </text>
          <text
            class="name"
            transform={`translate(13 ${(top + height - bottom) / 2}) rotate(-90)`}
            text-anchor="middle"
          >
            {y.label}
          </text>
        </g>
        {children(xScale, yScale)}
      </svg>
      {note && <p class="note">{note}</p>}
    </figure>
  );
}

export function Curve({ points, x, y, kind }: { points: readonly Point[]; x: Scale; y: Scale; kind: CurveKind }) {
  const path = line<Point>()
    .x(([at]) => round(x(at)))
    .y(([, at]) => round(y(at)));
  return <path class={`curve ${kind}`} d={path([...points]) ?? ""} />;
}

export const round = (value: number): number => Math.round(value * 10) / 10;
export const percent = (value: number): string => `${Number((100 * value).toPrecision(4))} %`;

/** The range of values with a little room, never empty. */
export function around(values: readonly number[], include?: number): [number, number] {
  const all = include === undefined ? values : [...values, include];
  const low = Math.min(...all);
  const high = Math.max(...all);
  const room = high > low ? (high - low) * 0.05 : Math.max(1e-9, Math.abs(high) * 0.1 || 1);
  return [low - room, high + room];
}
