import { describe, expect, test } from "vitest";
import { date, real, type Schema, text } from "../base/schema.js";
import { call, col, lit } from "../expr/expr.js";
import { parseFeatures } from "./parse.js";

const schema: Schema = {
  columns: [
    { name: "a", type: real },
    { name: "b", type: real },
    { name: "origin", type: text },
    { name: "to", type: text },
    { name: "date", type: date },
  ],
};

describe("parseFeatures", () => {
  test("reads calls, aliases, parameters and names", () => {
    expect(
      parseFeatures(
        "one-hot(origin, limit=5) as airport, bucketise(a, 4), standardize(b)".replace("one-hot", "OneHot"),
        schema,
      ),
    ).toEqual([
      { feature: "oneHot", name: "airport", inputs: [col("origin")], params: { limit: "5" } },
      { feature: "bucketise", name: "a", inputs: [col("a")], params: { bins: "4" } },
      { feature: "standardise", name: "b", inputs: [col("b")], params: {} },
    ]);
  });

  test("reads texts by the names that scikit-learn has", () => {
    expect(parseFeatures("TfidfVectorizer(origin, 2, bits=20), HashingVectorizer(to) as words", schema)).toEqual([
      { feature: "tfidf", name: "origin", inputs: [col("origin")], params: { ngrams: "2", bits: "20" } },
      { feature: "text", name: "words", inputs: [col("to")], params: {} },
    ]);
    expect(() => parseFeatures("tfidf(a)", schema)).toThrow(/tfidf\(a\): a is real; tfidf takes text/);
  });

  test("makes a stage for each column of a feature that takes one", () => {
    expect(parseFeatures("impute(a, b, with=median)", schema).map(({ name }) => name)).toEqual(["a", "b"]);
  });

  test("keeps all columns of a feature that takes several, and crosses text", () => {
    expect(parseFeatures("interactions(a, b), interactions(origin, to)", schema)).toEqual([
      { feature: "interactions", name: "a & b", inputs: [col("a"), col("b")], params: {} },
      { feature: "cross", name: "origin & to", inputs: [col("origin"), col("to")], params: {} },
    ]);
  });

  test("takes a feature inside a feature as a stage to fit first, and a function as a formula", () => {
    const [outer] = parseFeatures("standardise(log(a))", schema);
    expect(outer).toMatchObject({
      feature: "standardise",
      name: "log(a)",
      inputs: [{ feature: "log", inputs: [col("a")] }],
    });
    expect(parseFeatures("standardise(sqrt(a))", schema)).toMatchObject([{ inputs: [call("sqrt", col("a"))] }]);
  });

  test("leaves formulas to the automatic features, with their type", () => {
    expect(parseFeatures("a * 2 as twice, month(date)", schema)).toEqual([
      { formula: call("mul", col("a"), lit(2)), name: "twice", type: real },
      { formula: call("month", col("date")), name: "month(date)", type: { kind: "int64" } },
    ]);
  });

  test.each([
    ["standardise(origin)", "wrong_type", "origin is text; standardise takes"],
    ["standardise(c)", "unknown_column", 'no column "c"'],
    ["impute(a, whith=mean)", undefined, ""],
    ["  ", "usage", "names no feature"],
    ["cross(origin)", "usage", "takes 2 to 8 columns"],
    ["standardise(a) + stand(b)", "unknown_function", "stand"],
  ])("refuses %s", (given, code, message) => {
    const parse = (): unknown => parseFeatures(given, schema);
    if (code === undefined)
      expect(parse()).toMatchObject([{ params: { whith: "mean" } }]); // fitting names the parameters there are
    else expect(parse).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });
});
