import { expect, test } from "vitest";
import { cachedIn } from "./cache.js";

test.each([
  ["4.2", '{"id": "ab-1", "class": "org.apache.spark.ml.fpm.FPGrowthModel", "size": 1234}'],
  ["4.1", "id: ab-1, obj: class org.apache.spark.ml.fpm.FPGrowthModel, size: 1234"],
])("a model in the cache is read as Spark %s tells it", (_, line) =>
  expect(cachedIn(line)).toEqual({ id: "ab-1", class: "org.apache.spark.ml.fpm.FPGrowthModel", bytes: 1234 }),
);
