import { describe, expect, test } from "vitest";
import { metricSet } from "../metrics/index.js";
import { bar, cut, displayWidth, metricsTable, table } from "./tables.js";

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are colours
const plain = (text: string): string => text.replaceAll(/\u001b\[[0-9;]*m/g, "");
const lines = (text: string): string[] => plain(text).split("\n");

describe("table", () => {
  test("sets numbers to the right and text to the left", () => {
    const rows = [
      ["apples", "5", "1.5 MB"],
      ["figs", "1,200", "~3 kB"],
      ["", "", ""],
    ];
    expect(lines(table(["fruit", "count", "size"], rows, {}))).toEqual([
      "fruit   count    size",
      "apples      5  1.5 MB",
      "figs    1,200   ~3 kB",
      "",
    ]);
  });

  test("takes a column as text when one of its cells is", () => {
    expect(lines(table(["id"], [["5"], ["x"]], {}))).toEqual(["id", "5", "x"]);
  });

  test("cuts the widest cells where the terminal ends, and nothing when there is no terminal", () => {
    const rows = [["short", "a reason that goes on for quite some time"]];
    const narrow = lines(table(["column", "reason"], rows, { width: 24 }));
    expect(narrow[1]).toBe("short   a reason that g…");
    expect(lines(table(["column", "reason"], rows, { width: undefined }))[1]).toBe(rows[0]!.join("   "));
  });

  test("never cuts a column to nothing, however narrow the terminal", () => {
    const [header] = lines(table(["alpha", "bravobravo", "charliecharlie"], [["1", "2", "3"]], { width: 5 }));
    expect(header).toBe("alpha  bravo…  charl…");
  });

  test("counts what is shown: colours as nothing, wide letters as two, marks as nothing", () => {
    expect(displayWidth("\u001b[31mred\u001b[39m")).toBe(3);
    expect(displayWidth("東京")).toBe(4);
    expect(displayWidth("e\u0301")).toBe(1);
    expect(cut("東京都庁", 5)).toBe("東京…");
    const [, tokyo, rome] = lines(
      table(
        ["city", "note"],
        [
          ["東京", "a"],
          ["Rome", "b"],
        ],
        {},
      ),
    );
    expect(tokyo!.indexOf("a") + 2).toBe(rome!.indexOf("b"));
  });

  test("keeps a cell with line breaks on its line", () => {
    expect(lines(table(["a", "b"], [["x\ny\tz", "1"]], {}))).toHaveLength(2);
  });

  test("shows its header when there are no rows", () => {
    expect(lines(table(["name", "rows"], [], {}))).toEqual(["name  rows"]);
  });
});

describe("metricsTable", () => {
  const set = metricSet("binary", 2);
  const sum = new Float64Array(set.length);
  set.add(sum, Float64Array.of(2, 1, 0, -1), Float64Array.of(1, 0, 1, 0), new Float64Array(4).fill(1), 4);
  const model = set.finish(sum);

  test("sets the baseline beside the value, the headline first", () => {
    const [header, first] = lines(metricsTable(model, { ...model, values: { auc: 0.5 } }, {}));
    expect(header).toMatch(/^metric +value +95 % interval +baseline$/);
    expect(first).toMatch(/^auc +0\.7500 +0\.\d{4} to 1 +0\.5000$/);
  });

  test("shows what it was before calibration", () => {
    const uncalibrated = { ...model, values: { auc: 0.5 } };
    const [header, first] = lines(metricsTable(model, model, { uncalibrated }));
    expect(header).toMatch(/^metric +value +95 % interval +uncalibrated +baseline$/);
    expect(first).toMatch(/^auc +0\.7500 +0\.\d{4} to 1 +0\.5000 +0\.7500$/);
  });

  test("prints the bound of a histogram only where there is one", () => {
    expect(plain(metricsTable({ ...model, errorBounds: { auc: 1.41e-5 } }, undefined, {}))).toContain("≤ 1.5e-5");
    expect(plain(metricsTable(model, undefined, {}))).not.toContain("≤");
  });
});

describe("bar", () => {
  test("grows with the value, to its side", () => {
    expect(plain(bar(2, 2, 4))).toBe("    │████");
    expect(plain(bar(-1, 2, 4))).toBe("  ██│    ");
    expect(plain(bar(1e-9, 2, 4))).toBe("    │█   ");
    expect(plain(bar(0, 0, 4))).toBe("    │    ");
  });

  test("loses the empty side in a table where no value goes there", () => {
    expect(lines(table(["bar"], [[bar(2, 2, 4)], [bar(1, 2, 4)]], {}))).toEqual(["bar", "│████", "│██"]);
  });
});
