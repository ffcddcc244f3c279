import { UnknownNameError } from "../base/errors.js";
import { bucketise } from "./bucketise.js";
import { cross, interactions, polynomial } from "./combine.js";
import type { Feature } from "./contract.js";
import { cyclic, dateParts } from "./dates.js";
import { frequency, ordinal } from "./encode.js";
import { hash } from "./hash.js";
import { hashed } from "./hashed.js";
import { impute } from "./impute.js";
import { number } from "./number.js";
import { oneHot } from "./one-hot.js";
import { log, power } from "./power.js";
import { minMax, robustScale, standardise } from "./scale.js";
import { text, tfidf } from "./text.js";

// biome-ignore lint/suspicious/noExplicitAny: each has its own params and state
export type AnyFeature = Feature<any, any>;

/** Every stage of preparation, in the order the docs list them. A new one is a file and a line here. */
export const features: readonly AnyFeature[] = [
  number,
  standardise,
  robustScale,
  minMax,
  impute,
  log,
  power,
  bucketise,
  oneHot,
  ordinal,
  frequency,
  hash,
  hashed,
  text,
  tfidf,
  dateParts,
  cyclic,
  interactions,
  cross,
  polynomial,
];

/** Names as people type them, without case, blanks, dashes and underscores. */
const aliases: Readonly<Record<string, string>> = {
  onehotencoder: "oneHot",
  dummies: "oneHot",
  getdummies: "oneHot",
  category: "oneHot",
  standardize: "standardise",
  standardscaler: "standardise",
  scale: "standardise",
  zscore: "standardise",
  robustscaler: "robustScale",
  minmaxscaler: "minMax",
  normalise: "minMax",
  normalize: "minMax",
  simpleimputer: "impute",
  fillna: "impute",
  bucketize: "bucketise",
  bucketizer: "bucketise",
  quantilediscretizer: "bucketise",
  kbinsdiscretizer: "bucketise",
  bin: "bucketise",
  cut: "bucketise",
  qcut: "bucketise",
  ordinalencoder: "ordinal",
  stringindexer: "ordinal",
  countencoder: "frequency",
  hashing: "hash",
  featurehasher: "hash",
  hashingvectorizer: "text",
  countvectorizer: "text",
  hashingtf: "text",
  words: "text",
  bagofwords: "text",
  tfidfvectorizer: "tfidf",
  datepart: "dateParts",
  cyclical: "cyclic",
  interact: "interactions",
  interaction: "interactions",
  crossed: "cross",
  polynomialfeatures: "polynomial",
  poly: "polynomial",
};

const folded = (name: string): string => name.toLowerCase().replace(/[\s_-]/g, "");
const byName = new Map(features.map((feature) => [folded(feature.name), feature]));

/** Undefined when no feature has that name: it may be a function of the formula language. */
export function findFeature(name: string): AnyFeature | undefined {
  const key = folded(name);
  return byName.get(key) ?? byName.get(folded(aliases[key] ?? ""));
}

export function featureNamed(name: string): AnyFeature {
  const feature = findFeature(name);
  if (!feature)
    throw new UnknownNameError(
      "feature",
      name,
      features.map(({ name }) => name),
    );
  return feature;
}
