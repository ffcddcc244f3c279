import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { modelFormat, readModel } from "../../src/model/model.js";
import { scoreRow } from "../../src/predict/one.js";

const file = new URL("./logistic-format-1.json", import.meta.url);
const text = readFileSync(file, "utf8");

describe("a model file of format 1", () => {
  test("keeps loading, and scores as it did when it was written", () => {
    const score = scoreRow(readModel(text, "golden"));
    const rows = [
      { a: 5, b: 0.1, c: "y", day: "2024-03-05" },
      { a: 5, b: null, c: "never seen", day: null },
      { a: 0.2, b: -0.4, c: "w", day: "2024-07-01" },
    ];
    expect(rows.map((row) => [score(row).prediction, score(row).probability!.toFixed(12)])).toMatchInlineSnapshot(`
      [
        [
          "yes",
          "0.998980289804",
        ],
        [
          "yes",
          "0.682887129967",
        ],
        [
          "no",
          "0.000000031905",
        ],
      ]
    `);
  });

  test("is refused by name when it is of a newer format, and when it was changed by hand", () => {
    const newer = text.replace('"format": 1', `"format": ${modelFormat + 1}`);
    expect(() => readModel(newer, "late.json")).toThrow(
      expect.objectContaining({ code: "newer_format", message: expect.stringContaining("late.json") }),
    );
    const changed = text.replace('"yes"', '"maybe"');
    expect(() => readModel(changed, "late.json")).toThrow(expect.objectContaining({ code: "damaged" }));
    expect(() => readModel("{", "late.json")).toThrow(expect.objectContaining({ code: "damaged" }));
  });
});
