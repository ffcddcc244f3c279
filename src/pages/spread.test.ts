import { expect, test } from "vitest";
import { spreadOrder } from "./spread.js";

test.each([1, 3, 4, 5, 16, 37])("all of %i pages are taken once", (pages) => {
  expect(spreadOrder(pages, 4, 7).sort((a, b) => a - b)).toEqual(Array.from({ length: pages }, (_, i) => i));
});

test("pages that follow each other are from each part of the source", () => {
  const order = spreadOrder(40, 4, 7);
  for (let at = 0; at < 40; at += 4)
    expect(order.slice(at, at + 4).map((page) => Math.floor(page / 10))).toEqual([0, 1, 2, 3]);
  expect(order).not.toEqual(spreadOrder(40, 4, 8));
});
