import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lines, Reader, range } from "./csv-support.js";

let reader: Reader;
beforeAll(async () => {
  reader = await Reader.open();
});
afterAll(() => reader[Symbol.asyncDispose]());

const refused = (message: RegExp): object => ({
  code: "unreadable_source",
  message: expect.stringMatching(message),
});

describe("quotes that other programs write", () => {
  test("a backslash escapes the quote and itself, and is part of the text before anything else", async () => {
    const { rows, assumed } = await reader.text(
      lines(
        "id,note,x",
        range(20, (i) => `${i},"a \\"word\\", or ${i}",${i / 4}`),
        String.raw`20,"8\'9\" in C:\new \\ or, so",5`,
      ),
    );
    expect(rows[3]![1]).toBe('a "word", or 3');
    expect(rows[20]![1]).toBe(String.raw`8\'9" in C:\new \ or, so`);
    expect(assumed).toContain("--escape");
  });
  test.each(["'", '"'])(
    "a %s inside a quoted cell that is not doubled closes it only before a delimiter",
    async (q) => {
      const text = lines(
        `id,${q}note${q},x`,
        range(20, (i) => `${i},${q}it won${q}t, says ${i}${q},${i / 4}`),
        `20,${q}ends with ${q}${q},5`,
        `21,Men${q}s plain one,5`,
      );
      const { names, rows, assumed } = await reader.text(text);
      expect(names).toEqual(["id", "note", "x"]);
      expect(rows[3]![1]).toBe(`it won${q}t, says 3`);
      expect(rows.slice(20).map(([, note]) => note)).toEqual([`ends with ${q}`, `Men${q}s plain one`]);
      expect(assumed).toMatch(/quotes in cells are not doubled.*--escape/);
    },
  );
  test("cells quoted with ' whose \" were doubled before have them once", async () => {
    const { rows } = await reader.text(
      lines(
        "id,'note',x",
        range(20, (i) => `${i},'it won't, with ${i}"" of it',${i / 4}`),
      ),
    );
    expect(rows[3]![1]).toBe("it won't, with 3\" of it");
  });
  test("one such row among others is a slip and is refused", async () => {
    const good = range(40, (i) => `${i},"a ""word"", or ${i}",${i / 4}`);
    const text = lines("id,note,x", good, '40,"a "word", or 40",5');
    await expect(reader.text(text)).rejects.toMatchObject({ code: "bad_row", row: 41 });
  });
  test("--escape none reads a file in which it cannot be found out", async () => {
    const good = range(40, (i) => `${i},"a word, or ${i}",${i / 4}`);
    const text = lines("id,note,x", good, '40,"a "word" or, 40",5');
    await expect(reader.text(text)).rejects.toMatchObject({ code: "bad_row", row: 41 });
    const { rows } = await reader.text(text, { csv: { escape: "" } });
    expect(rows[40]).toEqual(["40", 'a "word" or, 40', "5.0"]);
  });
});

describe("a file that no delimiter cuts into rows of one width", () => {
  const ragged = lines(
    "note",
    range(30, (i) => `a${",b".repeat(1 + (i % 7))}`),
  );
  test("is refused with the flags that read it", async () => {
    await expect(reader.text(ragged)).rejects.toMatchObject(refused(/--delimiter ',' .*--delimiter none/));
    const whole = await reader.text(ragged, { csv: { delimiter: "" } });
    expect([whole.names, whole.rows[1]]).toEqual([["note"], ["a,b,b"]]);
  });
  test("is refused where quoted cells are set apart by blanks and others hold blanks", async () => {
    const text = lines(
      'id name "note"',
      range(30, (i) => `${i} ${"a b ".repeat(1 + (i % 3))}"some note ${i}" "u"`),
    );
    await expect(reader.text(text)).rejects.toMatchObject(refused(/blanks stand .*--delimiter ' '/));
  });
  test("is read where delimiters stand in its quoted cells alone, or in some lines", async () => {
    const quoted = lines(
      "note",
      range(30, (i) => `"a, b, and ${i}"`),
    );
    expect((await reader.text(quoted)).rows[2]).toEqual(["a, b, and 2"]);
    const some = lines(
      "note",
      range(30, (i) => (i % 3 ? `${"some ".repeat(1 + (i % 4))}note ${i}` : `a note, ${i}`)),
    );
    expect((await reader.text(some)).rows[3]).toEqual(["a note, 3"]);
  });
});

describe("a damaged header", () => {
  const rows = range(20, (i) => `${1 + (i % 28)}/01/2018,${i % 3},MG-${i % 5},"a word, or ${i}",`);
  test.each([
    ["a delimiter too many", "DATE,,QTY,CODE,NOTE,REST", /header has 6 names where most of its rows have 5/],
    [
      "an extra quote at its beginning",
      '"DATE,QTY,CODE,"NOTE",REST',
      /DATE.*opens or closes no cell|stands where names/,
    ],
    ["an extra quote in its middle", 'DATE,QTY,""CODE",NOTE,REST', /opens or closes no cell/],
    ["an extra quote at its end", 'DATE,QTY,CODE,NOTE,"REST', /header has|opens/],
    ["another delimiter", "DATE QTY CODE NOTE REST", /stands where names would.*cut at blanks it has 5/],
    ["two names less", "DATEQTYCODE,NOTE,REST", /stands where names would|header has 3/],
  ])("with %s is refused, and --columns names what it holds", async (_, header, message) => {
    const text = lines(header, rows);
    await expect(reader.text(text)).rejects.toMatchObject(refused(message));
    await expect(reader.text(text)).rejects.toMatchObject(refused(/--columns/));
    await expect(reader.text(text, { badRows: "keep-aside" })).rejects.toMatchObject(refused(message));
  });
  test("with a name less is refused where the first column has no names of rows", async () => {
    const full = range(20, (i) => `${i % 4},${i % 3},MG-${i % 5}`);
    await expect(reader.text(lines("AB,C", full))).rejects.toMatchObject(
      refused(/header has 2 names where most of its rows have 3 cells/),
    );
    await expect(reader.text(lines("AB,C", "1,2,3"))).rejects.toMatchObject(refused(/header has 2 names/));
    const named = await reader.text(lines("AB,C", full), { columns: ["A", "B", "C"] });
    expect([named.names, named.rows.length]).toEqual([["A", "B", "C"], 20]);
  });
  test("that some rows agree with, among many that do not, says how wide the table is", async () => {
    const harmed = range(20, (i) => (i % 4 ? `${i},x` : `${i},x,y`));
    await expect(reader.text(lines("a,b,c", harmed))).rejects.toMatchObject({ code: "bad_row", row: 2 });
    const kept = await reader.text(lines("a,b,c", harmed), { badRows: "keep-aside" });
    expect([kept.names, kept.rows.length, kept.setAside]).toEqual([["a", "b", "c"], 5, 15]);
  });
  test("with a name less for R's row names is read, and said", async () => {
    const numbered = await reader.text(
      lines(
        '"a","b"',
        range(20, (i) => `"${i + 1}",${i % 3},${i % 4}`),
      ),
    );
    expect(numbered.names).toEqual(["column0", "a", "b"]);
    expect(numbered.assumed).toMatch(/caution: the header has a name less.*row names.*--columns/);
  });
  test("with a name less, above rows that end with a delimiter, names them from the first on, and says so", async () => {
    for (const end of ["", '" "', '"\n"']) {
      const read = await reader.text(
        lines(
          "a,b",
          range(20, (i) => `${i},${i % 3},${end}`),
        ),
      );
      expect(read.names.slice(0, 2)).toEqual(["a", "b"]);
      expect(read.rows.slice(0, 2).map((row) => row.slice(0, 2))).toEqual([
        ["0", "0"],
        ["1", "1"],
      ]);
      expect(read.assumed).toMatch(/caution: the header has a name less.*--columns/);
    }
  });
  test("that ends with a delimiter, where rows do not, has no column for it", async () => {
    const { names, rows: read } = await reader.text(lines("a,b,", "1,2", "3,4", "5,6"));
    expect([names, read]).toEqual([
      ["a", "b"],
      [
        ["1", "2"],
        ["3", "4"],
        ["5", "6"],
      ],
    ]);
  });
});

describe("titles of a spreadsheet", () => {
  const rows = ["Aba,1,2", "Bor,3,4", "Cuxa,5,6"];
  test.each([
    ["of full width and empty lines", ["Spend of 2018,,", ",,", "city,n,m"]],
    ["behind empty lines", [",,", ",,", ",Spend of 2018,", "city,n,m"]],
    ["with more cells than rows", ["Created as new data,by Ann on Saturday, the 11th,and,so", "city,n,m"]],
  ])("%s are left out, and said", async (_, top) => {
    const { names, rows: read, assumed } = await reader.text(lines(top, rows));
    expect([names, read.length]).toEqual([["city", "n", "m"], 3]);
    expect(assumed).toMatch(/left out: not part of the table \(--skip-lines 0/);
  });
  test("stand above two columns, above columns without a name, and above merged cells", async () => {
    const two = await reader.text(lines("Spend of 2018,", ",", "city,n", "Aba,1", "Bor,2", "Cuxa,3"));
    expect([two.names, two.rows.length]).toEqual([["city", "n"], 3]);
    const unnamed = await reader.text(lines("Spend,,,", ",,,", "city,n,,", "Aba,1,,", "Bor,2,,", ",,,"));
    expect(unnamed.names).toEqual(["city", "n"]);
    const merged = await reader.text(
      lines(
        "Ann,,,,",
        ",,,,",
        "day,place,travel,,total",
        ",,air,rail,",
        "04/04/2014,Ely,,£6.50,£6.50",
        "05/04/2014,Ayr,,,£9",
      ),
    );
    expect(merged.names).toEqual(["day", "place", "travel air", "travel rail", "total"]);
    expect(merged.rows.length).toBe(2);
  });
  test("without a header below them for certain are refused, and flags read them", async () => {
    const text = lines("Notes of Ann,,", ",,", "Aba,x,y", "Bor,x,y", "Cuxa,x,y");
    await expect(reader.text(text)).rejects.toMatchObject(
      refused(/seems to be a title.*--skip-lines 2 --header.*--no-header/),
    );
    const skipped = await reader.text(text, { csv: { skipLines: 2, header: false } });
    expect(skipped.rows.length).toBe(3);
    expect((await reader.text(text, { csv: { header: false } })).rows.length).toBe(5);
  });
  test("of more cells than rows have are left out only where numbers stand under words", async () => {
    const { rows: read } = await reader.text(lines("a,b,c,d", "mark,nl", "diego,ar", "pedro,br"), {
      badRows: "keep-aside",
      csv: { header: false },
    });
    expect(read.map(([name]) => name)).toContain("mark");
  });
  test("that come again with the header are of another table: refused", async () => {
    const text = lines("Travel,,", ",,", "city,n,m", rows, ",,", "Food,,", ",,", "city,n,m", "Dax,7,8");
    await expect(reader.text(text)).rejects.toMatchObject(refused(/several tables.*Food.*--skip-lines 2/));
  });
  test("of one cell above rows without a header are no rows where the second line is empty", async () => {
    const plain = await reader.text(lines("a,,", "b,,3", "c,x,5"), { csv: { header: false } });
    expect(plain.rows.length).toBe(3);
  });
});

test("a second table with another cell, empty in its rows, is none of the first", async () => {
  const text = lines(
    "a,b",
    range(20, (i) => `${i},${i}`),
    "a,b,c",
    range(20, (i) => `${i},${i},`),
  );
  await expect(reader.text(text)).rejects.toMatchObject({ code: "bad_row", row: 21 });
  expect((await reader.text(text, { badRows: "keep-aside" })).rows.length).toBe(20);
});

describe("U+FEFF", () => {
  test("at the beginning of a value is part of it, in the first row as in others", async () => {
    // DuckDB's client takes the first one away when it shows a text.
    const plain = await reader.text("\ufeffa,b\n\ufeff\ufeffx,1\ny,2\n\ufeff\ufeffx,3\n");
    expect(plain.rows.map(([a]) => a)).toEqual(["\ufeffx", "y", "\ufeffx"]);
    const careful = await reader.text("\ufeffa,b\n\ufeff\ufeffx,1.5 %\ny,2 %\n");
    expect(careful.rows[0]![0]).toBe("\ufeffx");
  });
  test("before the header line again is the mark of a file that was put behind another", async () => {
    const { rows, setAside, assumed, types } = await reader.text("\ufeffid,x\n1,10\n2,20\n\ufeffid,x\n3,30\n");
    expect([types, setAside]).toEqual([{ id: "int64", x: "int64" }, 1]);
    expect(rows.map(([id]) => id)).toEqual(["1", "2", "3"]);
    expect(assumed).toContain("the header line stands once more");
  });
});

test("blanks in quotes are a text's own, and nothing where numbers or dates are", async () => {
  const { rows, types } = await reader.text(lines("t,n,d", '" ",1,2024-01-01', '"  y ", ,"  "', '"",2," 2024-01-02"'));
  expect(types).toEqual({ t: "text", n: "int64", d: "date" });
  expect(rows).toEqual([
    [" ", "1", "2024-01-01"],
    ["  y ", null, null],
    [null, "2", "2024-01-02"],
  ]);
  // A line of one quoted blank is a row of a file of one column, and no empty line.
  const one = await reader.text(lines("t", '" "', '"x"', '""'), { csv: { header: true } });
  expect(one.rows).toEqual([[" "], ["x"], [null]]);
});
