import { UnknownNameError } from "../base/errors.js";
import type { Feature } from "./contract.js";
import { impute } from "./impute.js";
import { number } from "./number.js";
import { oneHot } from "./one-hot.js";

/** Every stage of preparation, in the order the docs list them. A new one is a file and a line here. */
// biome-ignore lint/suspicious/noExplicitAny: each has its own params and state
export const features: readonly Feature<any, any>[] = [number, impute, oneHot];

/** Names as people type them, without case, blanks, dashes and underscores. */
const aliases: Readonly<Record<string, string>> = {
  onehotencoder: "oneHot", dummies: "oneHot", getdummies: "oneHot", simpleimputer: "impute", fillna: "impute",
};

const folded = (name: string): string => name.toLowerCase().replace(/[\s_-]/g, "");
const byName = new Map(features.map((feature) => [folded(feature.name), feature]));

/** Undefined when no feature has that name: it may be a function of the formula language. */
export function findFeature(name: string): (typeof features)[number] | undefined {
  const key = folded(name);
  return byName.get(key) ?? byName.get(folded(aliases[key] ?? ""));
}

export function featureNamed(name: string): (typeof features)[number] {
  const feature = findFeature(name);
  if (!feature) throw new UnknownNameError("feature", name, features.map(({ name }) => name));
  return feature;
}
