import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lines, Reader, range } from "./csv-support.js";

let reader: Reader;
beforeAll(async () => {
  reader = await Reader.open();
});
afterAll(() => reader[Symbol.asyncDispose]());

// What is right was compared with pandas 2: where it gives an instant, it is this one; where it refuses, the cell is text.
const cases: readonly (readonly [cell: string, type: string, value: string])[] = [
  ["1856-03-04", "date", "1856-03-04"],
  ["3024-12-31", "date", "3024-12-31"],
  ["1677-01-01 00:00:01", "timestamp", "1677-01-01 00:00:01"],
  ["2500-01-01 23:59:59", "timestamp", "2500-01-01 23:59:59"],
  ["9999-12-31 23:59:59", "timestamp", "9999-12-31 23:59:59"],
  ["1900-02-29", "text", "1900-02-29"],
  ["2024-1-5", "date", "2024-01-05"],
  ["2024-1-5 3:04", "timestamp", "2024-01-05 03:04:00"],
  ["2024-01-05 24:00:00", "text", "2024-01-05 24:00:00"],
  ["2016-12-31 23:59:60", "text", "2016-12-31 23:59:60"],
  ["2024-W05-3", "text", "2024-W05-3"],
  ["2024-03-04 12:30 AM", "timestamp", "2024-03-04 00:30:00"],
  ["2024-03-04 12:30:15 pm", "timestamp", "2024-03-04 12:30:15"],
  ["2024-03-04T10:00:00Z", "timestamp(utc)", "2024-03-04 10:00:00+00"],
  ["2024-03-04T10:00:00z", "timestamp(utc)", "2024-03-04 10:00:00+00"],
  ["2024-03-04 10:00:00 utc", "timestamp(utc)", "2024-03-04 10:00:00+00"],
  ["2024-03-04T10:00:00+0530", "timestamp(utc)", "2024-03-04 04:30:00+00"],
  ["2024-03-04T10:00:00+05:30", "timestamp(utc)", "2024-03-04 04:30:00+00"],
  ["2024-03-04T10:00:00 -0930", "timestamp(utc)", "2024-03-04 19:30:00+00"],
  ["2024-03-04T10:00:00-03", "timestamp(utc)", "2024-03-04 13:00:00+00"],
  ["2024-03-04T10:00:00-00:00", "timestamp(utc)", "2024-03-04 10:00:00+00"],
  ["2024-03-04T10:00:00+25:00", "text", "2024-03-04T10:00:00+25:00"],
  ["2024-03-04T10:00:00+05:75", "text", "2024-03-04T10:00:00+05:75"],
  ["1709546400", "int64", "1709546400"],
  ["1709546400000", "int64", "1709546400000"],
];

describe("a cell of a date or time", () => {
  test.each(cases)("%s is %s", async (cell, type, value) => {
    const text = lines("a|b", `${cell}|1`, `${cell}|2`);
    const csv = await reader.text(text);
    expect([csv.types["a"], csv.rows.map(([a]) => a)]).toEqual([type, [value, value]]);
    if (type === "int64") return;
    const rows = [1, 2].map((b) => JSON.stringify({ a: cell, b }));
    const json = await reader.files(reader.put(lines(rows), "t.jsonl"));
    expect([json.types["a"], json.rows.map(([a]) => a)]).toEqual([type, [value, value]]);
  });
  test.each([
    ["07 Mar 2024", "%d %b %Y"],
    ["7-Mar-2024", "%d-%b-%Y"],
    ["March 7, 2024", "%B %d, %Y"],
    ["13.05.24", "%d.%m.%y"],
    ["05/13/24 10:00", "%m/%d/%y"],
  ])("%s is text, and the format that reads it is said", async (cell, format) => {
    const text = lines("a|b", `${cell}|1`, `${cell}|2`);
    const kept = await reader.text(text);
    expect(kept.types["a"]).toBe("text");
    expect(kept.assumed).toContain(`in "a" are kept as text (--date-format '${format}'`);
    const read = await reader.text(text, { csv: { dateFormat: format } });
    expect(read.rows[0]![0]).toMatch(/^2024-0[35]-(?:07|13)/);
    expect(read.assumed).not.toMatch(/kept as text/);
  });
});

describe("a column that is text because of few of its cells", () => {
  const day = (i: number): string => `${String(1 + (i % 28)).padStart(2, "0")}.01.2024`;
  test.each([
    ["31.02.2024", "--type 'd=date' --date-format dmy"],
    ["soon", "--type 'd=date' --date-format dmy"],
  ])("names %s among dates", async (odd, flags) => {
    const { scan, types } = await reader.text(
      lines(
        "d,x",
        range(20, (i) => `${i === 7 ? odd : day(i + 10)},${i}`),
      ),
    );
    expect(types["d"]).toBe("text");
    expect(scan.mixed).toEqual([{ column: "d", value: odd, words: 1, cells: 20, dates: { flags } }]);
  });
  test("names the first time without an offset among others with one", async () => {
    const { scan, types } = await reader.text(
      lines(
        "t,x",
        range(20, (i) => `2024-01-02 03:04:${10 + i}${i === 7 ? "" : "Z"},${i}`),
      ),
    );
    expect(types["t"]).toBe("text");
    expect(scan.mixed).toMatchObject([
      { column: "t", value: "2024-01-02 03:04:17", dates: { unlike: expect.stringContaining("no offset") } },
    ]);
  });
  test("says that no order fits all", async () => {
    const { scan } = await reader.text(lines("d,x", "13/02/2024,1", "14/02/2024,2", "02/13/2024,3", "02/14/2024,4"));
    expect(scan.mixed).toMatchObject([{ column: "d", dates: { unlike: expect.stringContaining("no one order") } }]);
  });
  test("is not named where dates are in one reading, or text has some dates", async () => {
    const { scan } = await reader.text(
      lines(
        "d,t,x",
        range(20, (i) => `${day(i)},${i % 3 ? `note ${i}` : day(i)},${i}`),
      ),
    );
    expect(scan.mixed).toEqual([]);
  });
});

describe("a JSON field of dates", () => {
  const json = (values: readonly (string | null)[]) =>
    reader.files(reader.put(lines(values.map((a, b) => JSON.stringify({ a, b }))), "t.jsonl"));
  const days = range(10, (i) => `2024-01-1${i}`);
  test("that is text because of one value names it", async () => {
    for (const odd of ["2024-02-31", "soon"]) {
      const { types, assumed } = await json([...days.slice(0, 5), odd, ...days.slice(5)]);
      expect(types["a"]).toBe("text");
      expect(assumed).toMatch(`caution: "a" is read as text because of "${odd}"`);
      expect(assumed).toContain("--type 'a=date'");
    }
  });
  test("with and without offsets is text, and it is said; days among times are midnights", async () => {
    const mixed = await json(["2024-01-01T10:00:00Z", "2024-01-01T10:00:00"]);
    expect([mixed.types["a"], mixed.assumed]).toEqual([
      "text",
      expect.stringMatching(/some of its times have an offset/),
    ]);
    const whole = await json(["2024-01-01T10:00:00", null, "2024-01-02"]);
    expect([whole.types["a"], whole.rows.map(([a]) => a)]).toEqual([
      "timestamp",
      ["2024-01-01 10:00:00", null, "2024-01-02 00:00:00"],
    ]);
  });
  test("among words is a text like others", async () => {
    const { assumed } = await json(["2024-01-01", "a", "2024-01-02", "b"]);
    expect(assumed).not.toMatch(/caution/);
  });
});
