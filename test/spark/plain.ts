import { expect } from "vitest";

/** Values as JSON has them: what two clients can compare. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain };

/** Vectors become lists, matrices rows, columns and values; numbers that JSON has not become Python's names for them. */
export function plain(value: unknown): Plain {
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "number")
    return Number.isFinite(value) ? value : Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  if (typeof value !== "object") return value as Plain;
  if (Array.isArray(value)) return isVectorStruct(value) ? plain(denseOf(value)) : value.map(plain);
  const { kind, ...rest } = value as { kind?: string; values?: unknown };
  if (kind === "vector") return plain(rest.values);
  return Object.fromEntries(Object.entries(rest).map(([name, one]) => [name, plain(one)]));
}

/** A vector in a result: kind (0 sparse, 1 dense), size, indices, values. */
const isVectorStruct = (value: readonly unknown[]): boolean =>
  value.length === 4 && (value[0] === 0 || value[0] === 1) && Array.isArray(value[3]);

function denseOf([kind, size, indices, values]: readonly unknown[]): readonly number[] {
  if (kind === 1) return values as number[];
  const dense = new Array<number>(size as number).fill(0);
  (indices as number[]).forEach((at, i) => {
    dense[at] = (values as number[])[i]!;
  });
  return dense;
}

/** Texts without the names that Spark makes up for each model. */
const unnamed = (value: Plain): Plain =>
  typeof value === "string" ? value.replace(/\b[A-Za-z]+_[0-9a-f]{12}\b/g, "(uid)") : value;

/** Equal, numbers up to `within` of the larger one. Gives the largest difference that it found. */
export function expectClose(ours: Plain, theirs: Plain, within: number, where: string): number {
  if (typeof ours === "number" && typeof theirs === "number") {
    const far = Math.abs(ours - theirs) / Math.max(Math.abs(ours), Math.abs(theirs), 1e-3);
    if (far > within) expect(ours, `${where}: ${far} apart`).toBe(theirs);
    return far;
  }
  if (typeof ours === "object" && typeof theirs === "object" && ours !== null && theirs !== null) {
    const [a, b] = [ours, theirs] as Record<string, Plain>[];
    expect(Object.keys(a!).sort(), where).toEqual(Object.keys(b!).sort());
    return Object.keys(a!).reduce(
      (far, name) => Math.max(far, expectClose(a![name]!, b![name]!, within, `${where}.${name}`)),
      0,
    );
  }
  expect(unnamed(ours), where).toEqual(unnamed(theirs));
  return 0;
}
