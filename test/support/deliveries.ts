/** What a shop knows of its deliveries: enough signal for every task, a few cells missing. */
export interface Delivery {
  readonly id: number;
  readonly day: string;
  readonly shop: string;
  readonly vehicle: string;
  readonly distance: number | null;
  readonly weight: number;
  readonly minutes: number;
  readonly size: string;
  readonly late: string | null;
}

export const columns = ["id", "day", "shop", "vehicle", "distance", "weight", "minutes", "size", "late"] as const;

/** Always the same rows for the same numbers: a multiplicative congruential generator (Park and Miller) draws them. */
export function deliveries(rows: number, seed = 1): Delivery[] {
  let state = 48_271 * seed + 1;
  const draw = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  for (let i = 0; i < 8; i++) draw();
  return Array.from({ length: rows }, (_, i) => {
    const vehicle = ["bike", "car", "van"][Math.floor(draw() * 3)]!;
    const distance = Math.round(draw() * 20_000) / 1000;
    const minutes = Math.round((6 + 2.5 * distance + (vehicle === "bike" ? 9 : 0) + 8 * draw()) * 100) / 100;
    return {
      id: i + 1,
      day: new Date(Date.UTC(2024, 0, 1 + Math.floor((i * 50) / rows))).toISOString().slice(0, 10),
      shop: `shop ${i % 12}`,
      vehicle,
      distance: draw() < 0.03 ? null : distance,
      weight: 1 + (i % 3),
      minutes,
      size: minutes > 45 ? "long" : minutes > 25 ? "middling" : "short",
      late: draw() < 0.02 ? null : minutes + 30 * (draw() - 0.5) > 34 ? "yes" : "no",
    };
  });
}

export const asCsv = (
  rows: readonly Delivery[],
  separator = ",",
  header = true,
  names: readonly (keyof Delivery)[] = columns,
): string =>
  [
    ...(header ? [names.join(separator)] : []),
    ...rows.map((row) => names.map((name) => row[name] ?? "").join(separator)),
    "",
  ].join("\n");

export const asJsonLines = (rows: readonly Delivery[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** The labelled rows, counted by hand. */
export const labelled = (rows: readonly Delivery[]): number => rows.filter(({ late }) => late !== null).length;

/** Uniform numbers and a label `y` (0 or 1) that the first three of them decide with some noise: for sources that take seconds. */
export function numbersCsv(rows: number, columns: number): string {
  let state = 4_711;
  const draw = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const lines = [["y", ...Array.from({ length: columns }, (_, i) => `x${i}`)].join(",")];
  for (let row = 0; row < rows; row++) {
    const values = Array.from({ length: columns }, draw);
    const y = values[0]! + values[1]! - values[2]! + draw() > 1 ? 1 : 0;
    lines.push(`${y},${values.map((value) => value.toFixed(4)).join(",")}`);
  }
  return `${lines.join("\n")}\n`;
}
