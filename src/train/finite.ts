import { SluiceError } from "../base/errors.js";
import type { Resolved } from "../base/params.js";

/** Params that make a learner's steps shorter, or hold its coefficients back. */
const calmer: Readonly<Record<string, (value: number) => number>> = {
  learningRate: (rate) => rate / 10,
  rate: (rate) => rate / 10,
  penalty: (penalty) => Math.max(1e-3, 10 * penalty),
};

/** A model is never kept with a number that is none: JSON has no word for it, and no row would get a prediction from it. */
export function refuseStateNotFinite(learner: string, state: unknown, params: Resolved): void {
  const found = firstNotFinite(state, []);
  if (!found) return;
  const [name, value] =
    Object.entries(params).find(([of, given]) => of in calmer && (typeof given === "number" || given === "auto")) ?? [];
  const less =
    name === undefined ? undefined : `--param ${name}=${calmer[name]!(value === "auto" ? 0 : (value as number))}`;
  throw new SluiceError(
    "not_finite",
    `${learner} came to ${found.value} for ${found.path}, so there is no model to keep: the steps were too large, or values or weights are of extreme size. ${
      less ? `Try ${less}, or leave` : "Leave"
    } the largest and smallest values out with --where`,
    { learner, path: found.path, ...(less ? { remedy: less } : {}) },
  );
}

function firstNotFinite(
  value: unknown,
  path: readonly (string | number)[],
): { path: string; value: number } | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? undefined : { path: named(path), value };
  if (typeof value !== "object" || value === null) return undefined;
  const entries: Iterable<[string | number, unknown]> =
    Array.isArray(value) || ArrayBuffer.isView(value)
      ? (value as unknown as readonly unknown[]).entries()
      : Object.entries(value);
  for (const [key, part] of entries) {
    const found = firstNotFinite(part, [...path, key]);
    if (found) return found;
  }
  return undefined;
}

const named = (path: readonly (string | number)[]): string =>
  path.map((key, i) => (typeof key === "number" ? `[${key}]` : i === 0 ? key : `.${key}`)).join("");
