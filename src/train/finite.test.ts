import { expect, test } from "vitest";
import { refuseStateNotFinite } from "./finite.js";

const state = { intercepts: [0.5], weights: [[1, 2, Number.POSITIVE_INFINITY]], errors: [[null]], name: "x" };

test("names the number that is none, and the param that shortens steps", () => {
  expect(() => refuseStateNotFinite("sgd", state, { rate: 1, epochs: 5 })).toThrow(
    /^sgd came to Infinity for weights\[0\]\[2\], .*--param rate=0\.1/,
  );
  expect(() => refuseStateNotFinite("logistic", { weights: [Number.NaN] }, { penalty: "auto" })).toThrow(
    /penalty=0\.001/,
  );
  expect(() => refuseStateNotFinite("tree", { value: Float64Array.of(1, Number.NaN) }, {})).toThrow(/value\[1\]/);
});

test("takes numbers, texts and what is missing by design", () => {
  refuseStateNotFinite("linear", { ...state, weights: [[1, -1e308]] }, {});
  refuseStateNotFinite("baseline", { shares: [], note: null, more: undefined }, {});
});
