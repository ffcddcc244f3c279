import { printDate } from "../expr/time.js";

const dayMicros = 86_400_000_000n;

/** Microseconds since 1970-01-01 as DuckDB reads it, `2024-02-29 12:30:00.000001`; years before 1 as `0044-03-15 (BC) 12:30:00`. */
export function microsText(micros: bigint): string {
  const rest = ((micros % dayMicros) + dayMicros) % dayMicros;
  const day = printDate(Number((micros - rest) / dayMicros));
  const seconds = Number(rest / 1_000_000n);
  const two = (value: number): string => String(value).padStart(2, "0");
  const clock = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) => two(Math.floor(part))).join(":");
  return `${day} ${clock}.${String(rest % 1_000_000n).padStart(6, "0")}`;
}
