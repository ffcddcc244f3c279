import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { mllib } from "../mllib.js";
import { MlParamsSchema } from "../wire/spark-connect_pb.js";
import { largerIsBetter } from "./apply.js";
import { signaturesOf } from "./fetch.js";
import { paramLiterals } from "./literal.js";
import { mllibNamed, mllibNames } from "./named.js";
import { factsOf, modelNameOf, type OperatorName, operatorNamed } from "./operator.js";
import { models, operators } from "./table.js";

const names = Object.keys(operators) as OperatorName[];

describe("an operator of MLlib", () => {
  test("is plain data", () => {
    const boosted = mllib.gbtClassifier({ maxIter: 50, featuresCol: "x" });
    expect(boosted).toEqual({ operator: "GBTClassifier", params: { maxIter: 50, featuresCol: "x" } });
    expect(JSON.parse(JSON.stringify(boosted))).toEqual(boosted);
    expect(mllib.kMeans()).toEqual({ operator: "KMeans", params: {} });
  });

  test("is one of 42 estimators, 18 transformers and 6 evaluators", () => {
    const count = (kind: string): number => names.filter((name) => factsOf(name).kind === kind).length;
    expect([count("estimator"), count("transformer"), count("evaluator")]).toEqual([42, 18, 6]);
    expect(new Set(names.map((name) => factsOf(name).call)).size).toBe(66);
  });

  test.each<[string, () => unknown, string]>([
    [
      "a slip in a name",
      () => mllib.gbtClassifier({ maxIters: 3 } as never),
      'mllib.gbtClassifier has no parameter "maxIters"; did you mean "maxIter"?',
    ],
    [
      "another type",
      () => mllib.gbtClassifier({ maxIter: "3" as never }),
      'maxIter is "3"; it must be a whole number of 32 bits at least 0 (trees at most)',
    ],
    [
      "a fraction",
      () => mllib.gbtClassifier({ maxDepth: 2.5 }),
      "maxDepth is 2.5; it must be a whole number of 32 bits at least 0 and at most 30",
    ],
    ["a value out of range", () => mllib.gbtClassifier({ maxDepth: 31 }), "at most 30"],
    [
      "the open end of a range",
      () => mllib.gbtClassifier({ stepSize: 0 }),
      "stepSize is 0; it must be a number above 0 and at most 1 or less".slice(0, 40),
    ],
    [
      "NaN where there is a range",
      () => mllib.linearRegression({ regParam: Number.NaN }),
      "regParam is NaN; it must be a number at least 0",
    ],
    [
      "another word",
      () => mllib.linearRegression({ solver: "newton" as never }),
      'solver is "newton"; it must be one of auto, normal, l-bfgs',
    ],
    ["a list in place of a text", () => mllib.pca({ inputCol: ["a"] as never }), "inputCol is"],
    ["a text in place of a list", () => mllib.vectorAssembler({ inputCols: "a" as never }), "a list of texts"],
    ["a number too large", () => mllib.hashingTF({ numFeatures: 2 ** 31 }), "a whole number of 32 bits"],
    [
      "a matrix of the wrong size",
      () =>
        mllib.logisticRegression({ lowerBoundsOnCoefficients: { kind: "matrix", rows: 2, columns: 2, values: [1] } }),
      "a matrix",
    ],
  ])("refuses %s", (_, make, words) => {
    expect(make).toThrow(words);
  });

  test("takes what is undefined as not given, and infinite borders", () => {
    expect(mllib.kMeans({ k: undefined })).toEqual(mllib.kMeans());
    expect(mllib.bucketizer({ splits: [-Infinity, 0, Infinity] }).params).toEqual({ splits: [-Infinity, 0, Infinity] });
    expect(mllib.imputer({ missingValue: Number.NaN }).params).toEqual({ missingValue: Number.NaN });
  });

  test.each(names)("has defaults that its own ranges and words allow: %s", (name) => {
    const { params, kind } = factsOf(name);
    const defaults = Object.fromEntries(
      Object.entries(params).flatMap(([param, fact]) => ("default" in fact ? [[param, fact.default]] : [])),
    );
    const call = mllib[factsOf(name).call as "pca"];
    expect(call(defaults as never).params).toEqual(defaults);
    for (const { doc } of Object.values(params)) expect(doc.length).toBeGreaterThan(3);
    if (kind === "estimator")
      expect(Object.keys(models)).toContain(modelNameOf({ operator: name as "PCA", params: {} }));
  });

  test.each(names)("has a literal for each of its params: %s", (name) => {
    const samples = {
      boolean: true,
      int: 1,
      long: 2 ** 40,
      float: 0.5,
      double: 2,
      string: "s",
      strings: [],
      strings2: [["a"]],
      ints: [1],
      doubles: [1],
      doubles2: [[1]],
      vector: [1],
      matrix: { kind: "matrix", rows: 1, columns: 1, values: [1] },
    };
    const { params } = factsOf(name);
    const values = Object.fromEntries(Object.entries(params).map(([param, { type }]) => [param, samples[type]]));
    expect(
      toBinary(MlParamsSchema, create(MlParamsSchema, paramLiterals(params, values as never))).length,
    ).toBeGreaterThan(0);
  });

  test("of an unknown name is refused with the nearest", () => {
    expect(() => operatorNamed("GBTClasifier")).toThrow('did you mean "GBTClassifier"?');
  });
});

test("every attribute of a model can be read as arguments and an answer", () => {
  for (const { attributes, summary } of Object.values(models))
    for (const ways of [...Object.values(attributes), ...Object.values(summary)] as string[])
      expect(
        signaturesOf(ways)
          .map(({ args, gives }) => `(${args.join(", ")}) ${gives}`)
          .join(", "),
      ).toBe(ways);
});

test("less is better for losses alone", () => {
  expect(largerIsBetter(mllib.regressionEvaluator())).toBe(false);
  expect(largerIsBetter(mllib.regressionEvaluator({ metricName: "r2" }))).toBe(true);
  expect(largerIsBetter(mllib.multiclassClassificationEvaluator({ metricName: "logLoss" }))).toBe(false);
  expect(largerIsBetter(mllib.multiclassClassificationEvaluator())).toBe(true);
  expect(largerIsBetter(mllib.binaryClassificationEvaluator())).toBe(true);
});

describe("a learner of MLlib by name", () => {
  test("declares params as our learners do", () => {
    const { name, task, params } = mllibNamed("mllib.gbtclassifier");
    expect([name, task]).toEqual(["mllib.GBTClassifier", "binary classification"]);
    expect(params["maxIter"]).toEqual({ kind: "integer", min: 0, max: 2 ** 31 - 1, default: 20, doc: "trees at most" });
    expect(params["stepSize"]).toMatchObject({ kind: "real", min: Number.MIN_VALUE, max: 1, default: 0.1 });
    expect(params["cacheNodeIds"]).toMatchObject({ kind: "flag", default: false });
    expect(params["impurity"]).toMatchObject({ kind: "choice", of: ["variance"] });
    expect(params["thresholds"]).toMatchObject({ kind: "text", default: "" });
    for (const column of ["featuresCol", "labelCol", "seed"]) expect(params).not.toHaveProperty(column);
  });

  test("is there for each that predicts or clusters", () => {
    expect(mllibNames).toHaveLength(20);
    expect(() => mllibNamed("mllib.PCA")).toThrow("There are: mllib.NaiveBayes");
    expect(() => mllibNamed("mllib.KMean")).toThrow('did you mean "mllib.KMeans"?');
  });
});
