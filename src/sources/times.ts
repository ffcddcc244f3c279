const dayMicros = 86_400_000_000n;

/** A day since 1970-01-01 as a database reads it, `2024-02-29`; years before 1 are counted back: `0044-03-15 (BC)`. */
export function dayText(days: number): string {
  const { day, before } = parts(days);
  return day + before;
}

/** Microseconds since 1970-01-01 as `2024-02-29 12:30:00.000001`. */
export function microsText(micros: bigint): string {
  const rest = ((micros % dayMicros) + dayMicros) % dayMicros;
  const { day, before } = parts(Number((micros - rest) / dayMicros));
  const seconds = Number(rest / 1_000_000n);
  const two = (value: number): string => String(value).padStart(2, "0");
  const clock = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) => two(Math.floor(part))).join(":");
  return `${day}${before} ${clock}.${String(rest % 1_000_000n).padStart(6, "0")}`;
}

/** By the calendar that goes on in both directions (Howard Hinnant, "chrono-compatible low-level date algorithms"); dates of JavaScript end in the year 275760. */
function parts(days: number): { day: string; before: string } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * ofYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const date = ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const pad = (value: number, width: number): string => String(value).padStart(width, "0");
  return {
    day: `${pad(year > 0 ? year : 1 - year, 4)}-${pad(month, 2)}-${pad(date, 2)}`,
    before: year > 0 ? "" : " (BC)",
  };
}
