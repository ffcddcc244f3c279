import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "vitest";
import { type Compared, claimsIn, type Section } from "../../scripts/equality.mjs";
import { wantedSpark } from "../../scripts/optional.mjs";
import type { Value } from "../../src/base/schema.js";

const root = join(import.meta.dirname, "../..");
const { version = "other" } = wantedSpark();
const claims = claimsIn(readFileSync(join(root, "docs/equality.md"), "utf8"));
/** What this file of tests has found in this run. */
const found = new Map<string, Compared>();

/**
 * Keeps what a test has compared between two engines, for the table in docs/equality.md (`npm run docs`), and fails where that table
 * claims more. `apart` is the largest difference that was found, `within` what the test allows; 0 is equal to the last bit.
 */
export function compared(section: Section, name: string, apart: number, within = 0): void {
  const file = basename(expect.getState().testPath ?? "");
  const key = `${section} ${name}`;
  const one: Compared = { section, name, apart: Math.max(apart, found.get(key)?.apart ?? 0), within, test: file };
  found.set(key, one);
  const folder = join(root, ".sluice/equality", version);
  const path = join(folder, `${file}.json`);
  mkdirSync(folder, { recursive: true });
  const before = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Compared[]) : [];
  const kept = before.filter(({ section, name }) => !found.has(`${section} ${name}`));
  writeFileSync(path, `${JSON.stringify([...kept, ...found.values()], null, 1)}\n`);
  const claim = claims.get(key);
  if (claim !== undefined)
    expect(apart, `docs/equality.md claims that ${key} is ${claim} apart at most`).toBeLessThanOrEqual(claim);
}

/** How far two values of engines are apart: numbers by their difference over the larger of them and 1; Infinity where they are not alike. */
export function apartOf(a: Value | undefined, b: Value | undefined): number {
  if (typeof a === "number" && typeof b === "number") {
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
    const far = Math.abs(a - b) / Math.max(1, Math.abs(a), Math.abs(b));
    return Number.isNaN(far) ? Number.POSITIVE_INFINITY : far;
  }
  return JSON.stringify(a, plain) === JSON.stringify(b, plain) ? 0 : Number.POSITIVE_INFINITY;
}
const plain = (_: string, value: unknown): unknown =>
  typeof value === "bigint"
    ? Number(value)
    : ArrayBuffer.isView(value)
      ? Array.from(value as Int32Array, Number)
      : value;
