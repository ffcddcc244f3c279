import { describe, expect, test } from "vitest";
import { learnerNamed } from "../learners/index.js";
import { mostColumnsSummed, mostTravelling, whereSummed } from "./where-summed.js";

const cluster = { hold: () => Promise.reject(new Error("nothing is held here")) };
const linear = learnerNamed("linear");
/** One row more than may travel. */
const many = (columns: number): number => Math.floor(mostTravelling / (4 * columns + 9)) + 1;

describe("where sums over the rows of a cluster are made", () => {
  test.each([
    ["rows that may travel do", { rows: many(20) - 1, columns: 20, width: 20 }, "pages"],
    ["more of them stay", { rows: many(20), columns: 20, width: 20 }, "cluster"],
    ["but not in very many columns", { rows: many(20), columns: 20, width: mostColumnsSummed + 1 }, "pages"],
  ])("%s", (_, size, where) => {
    expect(whereSummed({}, cluster, linear, size).where).toBe(where);
  });

  test("as the user says, whatever the size", () => {
    const [small, large] = [
      { rows: 10, columns: 2, width: 2 },
      { rows: many(20), columns: 20, width: 20 },
    ];
    expect(whereSummed({ sums: "cluster" }, cluster, linear, small)).toEqual({
      where: "cluster",
      why: "--sums cluster",
    });
    expect(whereSummed({ sums: "pages" }, cluster, linear, large)).toEqual({ where: "pages", why: "--sums pages" });
  });

  test("on pages for learners that work on rows, and where there is no cluster", () => {
    const large = { rows: many(20), columns: 20, width: 20 };
    expect(whereSummed({}, cluster, learnerNamed("boosting"), large).why).toContain("boosting");
    expect(whereSummed({}, {}, linear, large).where).toBe("pages");
    expect(() => whereSummed({ sums: "cluster" }, {}, linear, large)).toThrow("--on spark");
    expect(() => whereSummed({ sums: "cluster" }, cluster, learnerNamed("boosting"), large)).toThrow(
      "linear or logistic",
    );
  });
});
