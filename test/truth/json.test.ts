import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Desk, desk, type Read } from "../support/reading.js";

let at: Desk;
let count = 0;
beforeAll(async () => {
  at = await desk();
});
afterAll(() => at[Symbol.asyncDispose]());

const json = (content: string | Uint8Array, options = {}, name = "rows.jsonl"): Promise<Read> =>
  at.read(at.put(`${count++}/${name}`, content), options);
const utf16 = (text: string, order: "le" | "be"): Buffer => {
  const bytes = Buffer.from(text, "utf16le");
  return order === "le" ? bytes : bytes.swap16();
};

describe("a file that is one document", () => {
  test.each([
    ['{"a":{"0":1,"1":2},"b":{"0":"x","1":"y"}}', /one record with 2 objects with the same keys/],
    ['{"0":{"a":1,"b":"x"},"1":{"a":2,"b":"y"}}', /one record with 2 objects with the same keys/],
    ['{"columns":["a","b"],"data":[[1,"x"],[2,"y"]]}', /one record with a list of 2 items in its field "data"/],
    ['{"total":2,"items":[{"a":1},{"a":2}]}', /one record with a list of 2 items in its field "items"/],
  ])("%s is said to hold the rows inside", async (content, right) => {
    const { assumed } = await json(content, {}, "rows.json");
    expect(assumed.join()).toMatch(right);
  });
  test.each([
    '{"a":1,"b":[1,2],"c":{"x":1,"y":2}}',
    '{"a":{"0":1,"1":2},"b":{"0":"x","1":"y"}}\n{"a":{"0":1,"1":2},"b":{"0":"x","1":"y"}}',
  ])("%s is read as it stands", async (content) => {
    expect((await json(content, {}, "rows.json")).assumed).toEqual([]);
  });
  test("of lists is refused", async () => {
    await expect(json('[[1,"x"],[2,"y"]]', {}, "rows.json")).rejects.toThrow(/has no record that is a JSON object/);
  });
});

describe("numbers of JSON lines", () => {
  test("of 16 and more digits are the reals that they write", async () => {
    const { types, rows } = await json(
      '{"x":0.46153846153846156,"y":1}\n{"x":3.0000000000000001e-1,"y":0}\n{"x":0.1000000000000000055511151231257827,"y":1}\n',
    );
    expect(types).toEqual([
      ["x", "real"],
      ["y", "int64"],
    ]);
    expect(rows).toEqual([
      [0.46153846153846156, 1],
      [0.3, 0],
      [0.1, 1],
    ]);
  });
  test("that are whole keep all digits, and past 64 bits are text", async () => {
    expect(await json('{"a":9007199254740993,"b":18446744073709551615}\n')).toMatchObject({
      types: [
        ["a", "int64"],
        ["b", "text"],
      ],
      rows: [[9007199254740993n, "18446744073709551615"]],
    });
  });
  test("that look like numbers inside of texts stay as they are", async () => {
    expect((await json('{"a":"12345678901234567890 \\"1234567890123456789\\"","n":1}\n')).rows).toEqual([
      ['12345678901234567890 "1234567890123456789"', 1],
    ]);
  });
  test("that Python writes as NaN and Infinity are missing and endless", async () => {
    expect((await json('{"a":NaN}\n{"a":1.5}\n{"a":-Infinity}\n')).rows).toEqual([
      [null],
      [1.5],
      [Number.NEGATIVE_INFINITY],
    ]);
  });
  test.each(["01", "1.", ".5", "+1", "0x1", "1e", "--1", "1 2"])(
    "as no JSON has them (%s) are refused",
    async (number) => {
      await expect(json(`{"a":1}\n{"a":${number}}\n`)).rejects.toMatchObject({ code: "bad_row", row: 2 });
    },
  );
});

describe("names of JSON lines", () => {
  test("may have a NUL in them, which is no path of fields", async () => {
    const { types, rows } = await json('{"a\\u0000b":1,"a":{"b":2},"ab":3}\n');
    expect(types.map(([name]) => name).toSorted()).toEqual(["a.b", "ab", "a\u2400b"]);
    expect(rows[0]!.toSorted()).toEqual([1, 2, 3]);
  });
  test("equal but for capital letters are columns of their own, in rows that follow each other too", async () => {
    const { types, rows } = await json('{"id":1,"ID":10,"Id":"x"}\n{"ID":20,"id":2,"Id":"y"}\n');
    expect(types).toEqual([
      ["id", "int64"],
      ["ID", "int64"],
      ["Id", "text"],
    ]);
    expect(rows).toEqual([
      [1, 10, "x"],
      [2, 20, "y"],
    ]);
  });
  test.each([
    ['{"a":{"b":1},"a.b":100}\n{"a.b":200,"a":{"b":2}}\n'],
    ['{"a.b":100,"a":{"b":1}}\n{"a":{"b":2},"a.b":200}\n'],
  ])("of an object inside and with a point in them are two: %s", async (text) => {
    const { types, rows, assumed } = await json(text);
    const of = (name: string): unknown[] => rows.map((row) => row[types.findIndex(([one]) => one === name)]);
    expect(of("a.b")).toEqual([100, 200]);
    expect(of("a.b_1")).toEqual([1, 2]);
    expect(assumed).toEqual(['the field "b" in "a" is column "a.b_1", since another is called so']);
  });
  test("that are empty are given, and said", async () => {
    expect(await json('{"":1," ":2,"y":0}\n{"":3," ":4,"y":1}\n')).toEqual({
      types: [
        ["unnamed", "int64"],
        [" ", "int64"],
        ["y", "int64"],
      ],
      rows: [
        [1, 2, 0],
        [3, 4, 1],
      ],
      assumed: ['the field without a name is column "unnamed"'],
    });
  });
  test("twice in one object are a bad row", async () => {
    await expect(json('{"a":1}\n{"a":1,"a":2}\n')).rejects.toMatchObject({
      code: "bad_row",
      row: 2,
      message: expect.stringContaining('it has the field "a" twice'),
    });
  });
});

describe("texts of JSON lines", () => {
  test("keep every character, line ends among them", async () => {
    const text = 'CR LF \r\n CR \r LF \n tab \t "quote" back\\slash NUL-free é 😀 \u2028';
    expect(
      (await json(`${JSON.stringify({ t: text, y: 1 })}\n${JSON.stringify({ t: "plain", y: 0 })}\n`)).rows,
    ).toEqual([
      [text, 1],
      ["plain", 0],
    ]);
  });
  test("of Latin-1 are refused with the record, and read with --encoding latin-1", async () => {
    const path = at.put("latin.jsonl", Buffer.from('{"a":"Zoë","y":1}\n{"a":"Zoé","y":0}\n', "latin1"));
    await expect(at.open(path)).rejects.toMatchObject({
      code: "unreadable_source",
      message: expect.stringMatching(/not UTF-8 in its record 1 .*--encoding latin-1/),
    });
    expect((await at.read(path, { csv: { encoding: "latin-1" } })).rows).toEqual([
      ["Zoë", 1],
      ["Zoé", 0],
    ]);
  });
  test("of UTF-16 are read, with and without a mark", async () => {
    const text = '{"a":"é"}\n{"a":"😀"}\n';
    for (const content of [
      utf16(`\ufeff${text}`, "le"),
      utf16(`\ufeff${text}`, "be"),
      utf16(text, "le"),
      utf16(text, "be"),
    ])
      expect((await json(content)).rows).toEqual([["é"], ["😀"]]);
  });
  test("end their lines with LF, CR LF or CR", async () => {
    for (const end of ["\n", "\r\n", "\r"])
      expect((await json(['{"a":1}', "", '{"a":2}', '{"a":3}'].join(end))).rows).toEqual([[1], [2], [3]]);
  });
});

describe("lists and objects", () => {
  test("an empty list among lists of numbers is one of them, and a null in one is null", async () => {
    const { types, rows } = await json('{"v":[1,null,3]}\n{"v":[]}\n{"v":null}\n{"v":[4.5,5,6]}\n');
    expect(types).toEqual([["v", "list(real)"]]);
    expect(rows).toEqual([[[1, null, 3]], [[]], [null], [[4.5, 5, 6]]]);
  });
  test("of other things are their JSON as text, with their digits", async () => {
    expect((await json('{"v":[ 1, {"a" : 12345678901234567890} , "x" ]}\n')).rows).toEqual([
      ['[1,{"a":12345678901234567890},"x"]'],
    ]);
  });
  test("that nest 50,000 deep are refused with the limit", async () => {
    const deep = (open: string, close: string): string =>
      `{"a":1}\n{"a":${open.repeat(50_000)}1${close.repeat(50_000)}}\n`;
    for (const text of [deep("[", "]"), deep('{"a":', "}")])
      await expect(json(text)).rejects.toMatchObject({
        code: "bad_row",
        row: 2,
        message: expect.stringContaining("nests deeper than the 500 levels"),
      });
  });
});

describe("a JSON file", () => {
  const objects = [
    { a: 1, b: { c: "x,]}" } },
    { a: 2, b: { c: 'y"[{' } },
  ];
  const right = [
    [1, "x,]}"],
    [2, 'y"[{'],
  ];
  test.each([
    ["one list on a line", JSON.stringify(objects)],
    ["one list over several lines", JSON.stringify(objects, null, 2)],
    ["objects one after the other over several lines", objects.map((one) => JSON.stringify(one, null, 2)).join("\n")],
    ["one list with blanks before it", `  \n${JSON.stringify(objects)}\n`],
  ])("of %s has those as rows", async (_, text) => {
    for (const name of ["rows.json", "rows", "rows.jsonl"]) expect((await json(text, {}, name)).rows).toEqual(right);
    expect((await json(gzipSync(text), {}, "rows.json.gz")).rows).toEqual(right);
  });
  test("of one object over several lines is one row", async () => {
    expect((await json(JSON.stringify(objects[0], null, 2), {}, "rows.json")).rows).toEqual([right[0]]);
  });
  test("of a list that breaks off is refused at the item", async () => {
    await expect(json('[{"a":1},{"a":2},{"a"', {}, "rows.json")).rejects.toMatchObject({ code: "bad_row", row: 3 });
  });
});

describe("LIBSVM", () => {
  const svm = (content: string): Promise<Read> => json(content, {}, "rows.svm");
  test("has the query of each row as a column, and says so", async () => {
    const { types, rows, assumed } = await svm("2 qid:1 1:0.5 2:3\n0 qid:1 2:1\n1 qid:2 1:2\n");
    expect(types.map(([name]) => name)).toEqual(["label", "qid", "f1", "f2"]);
    expect(rows).toEqual([
      [2, 1, 0.5, 3],
      [0, 1, 0, 1],
      [1, 2, 2, 0],
    ]);
    expect(assumed.join()).toContain("--group qid");
  });
  test.each([
    ["1 1:0.5 oops", "oops"],
    ["1 1:0.5 2:x", "2:x"],
    ["1 1:0.5 1:2", "1:2"],
    ["x 1:0.5", "x"],
    ["1 -1:0.5", "-1:0.5"],
  ])("names what is no pair: %s", async (line, value) => {
    await expect(svm(`1 1:1 2:1\n0 2:1\n${line}\n`)).rejects.toMatchObject({ code: "bad_row", row: 3, value });
  });
});
