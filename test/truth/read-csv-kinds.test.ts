import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Column } from "../../src/base/schema.js";
import { lines, Reader, range } from "./csv-support.js";

let reader: Reader;
beforeAll(async () => {
  reader = await Reader.open();
});
afterAll(() => reader[Symbol.asyncDispose]());

describe("digits that a type does not keep are said", () => {
  test("of whole numbers beside reals", async () => {
    const read = await reader.text(lines("id,t", "135217135789158401,a", "1.5,b"));
    expect(read.assumed).toMatch(/caution: "id" has whole numbers of more digits .*135217135789158401.*--type id=text/);
    const whole = await reader.text(lines("id,t", "135217135789158401,a", "15,b"));
    expect(whole.types).toEqual({ id: "int64", t: "text" });
    expect(whole.assumed).not.toMatch(/caution/);
    const kept = await reader.text(lines("id,t", "4503599627370497,a", "1.5,b"));
    expect(kept.assumed).not.toMatch(/caution/);
  });
  test("of times finer than microseconds", async () => {
    const of = (fraction: string): string => lines("at,x", `2024-01-02 03:04:05.${fraction},1`);
    expect((await reader.text(of("312345678"))).assumed).toMatch(
      /caution: times are read to the microsecond.*"at".*--type at=text/,
    );
    expect((await reader.text(of("312345000"))).assumed).not.toMatch(/caution/);
  });
});

describe("hash signs", () => {
  test("begin rows where they have the cells of one, whatever their share (c1, c8, c14)", async () => {
    const tags = await reader.text(lines("tag,count", "#python,30", "rust,4", "#go,5"));
    expect(tags.rows).toEqual([
      ["#python", "30"],
      ["rust", "4"],
      ["#go", "5"],
    ]);
    expect(tags.assumed).toMatch(/begin with # have the cells of a row and are rows \(2\) \(--comment #/);
    const one = await reader.text(
      lines(
        "note,x",
        range(60, (i) => `${i === 30 ? "#" : ""}note ${i},${i}`),
      ),
    );
    expect(one.rows.length).toBe(60);
  });
  test("of a spreadsheet's errors are missing numbers (c4)", async () => {
    const { rows, types } = await reader.text(lines("ratio,a", "1.5,3", "#DIV/0!,5", "0.5,1", "#N/A,7"));
    expect(types).toEqual({ ratio: "real", a: "int64" });
    expect(rows.map(([ratio]) => ratio)).toEqual(["1.5", null, "0.5", null]);
  });
  test("begin comments where no such line can be a row; they are said, counted, and read with --comment none", async () => {
    const text = lines("# made by hand, twice, thrice", "a,b", "1,2", "# a note", "3,4");
    const read = await reader.text(text);
    expect(read.rows).toEqual([
      ["1", "2"],
      ["3", "4"],
    ]);
    expect(read.assumed).toMatch(/begin with # are comments \(2\).*--comment none/);
    expect(read.comments).toBe(2);
    const off = { csv: { comment: "" }, badRows: "keep-aside" } as const;
    expect((await reader.text(lines("a,b", "1,2", "# a note", "3,4"), off)).setAside).toBe(1);
  });
  test("that turn out to begin a row behind comments stop it", async () => {
    const rows = range(80_000, (i) => (i === 50_123 ? "#go,5" : `t${i} ${"z".repeat(60)},${i}`));
    const text = lines("# note", "tag,n", rows);
    await expect(reader.text(text)).rejects.toMatchObject({
      code: "bad_row",
      row: 50_124,
      message: expect.stringMatching(/has the cells of a row.*--comment none/),
    });
  });
});

describe("numbers", () => {
  test.each([
    ["in quotes (b1)", lines("city,n", 'Aba,"1,000"', 'Bor,"2,234"'), ["1000", "2234"]],
    ["beside small ones (b5)", lines("city,n", 'Aba,"500"', 'Bor,"1,734"'), ["500", "1734"]],
    ["of two groups", lines("city,n", 'Aba,"1,000,000"', 'Bor,"2,234"'), ["1000000", "2234"]],
    ["in a TSV", lines("city\tn", "Aba\t1,000", "Bor\t2,234"), ["1000", "2234"]],
    ["with blanks", lines("city;n", "Aba;1 000", "Bor;12 234"), ["1000", "12234"]],
    ["with apostrophes", lines("city;n", "Aba;1'000", "Bor;12'234"), ["1000", "12234"]],
  ])("with thousands %s", async (_, text, wanted) => {
    const { rows, types } = await reader.text(text);
    expect(rows.map(([, n]) => n)).toEqual(wanted);
    expect(types["n"]).toBe("int64");
  });
  test("with thousands beside a column with a decimal point (b3)", async () => {
    const { rows } = await reader.text(lines("n,rate", '"1,000",0.25', '"2,234",1.25'));
    expect(rows).toEqual([
      ["1000", "0.25"],
      ["2234", "1.25"],
    ]);
  });
  test("of one ambiguous group are said, and flags say otherwise (b14)", async () => {
    const text = lines("city\tn", "Aba\t1,000", "Bor\t2,234");
    expect((await reader.text(text)).assumed).toMatch(/caution: "1,234" in "n" is read as 1234.*--decimal ,/);
    const comma = await reader.text(text, { csv: { decimal: "," } });
    expect(comma.rows.map(([, n]) => Number(n))).toEqual([1, 2.234]);
    const semicolons = text.replaceAll("\t", ";");
    expect((await reader.text(semicolons)).assumed).toMatch(/caution: "1,234" in "n" is read as 1.234.*--thousands ,/);
    const groups = await reader.text(semicolons, { csv: { thousands: ",", decimal: "." } });
    expect(groups.rows.map(([, n]) => n)).toEqual(["1000", "2234"]);
  });
  test("with a decimal comma in one column and a point in another are read each in its own way", async () => {
    const { rows, scan } = await reader.text(lines("a;b", "1,5;2.5", "0,25;3.5", "12,75;4.5"));
    expect(rows.map((row) => row.map(Number))).toEqual([
      [1.5, 2.5],
      [0.25, 3.5],
      [12.75, 4.5],
    ]);
    expect(scan.schema.columns.map(({ read }) => read)).toEqual([{ decimal: "," }, undefined]);
  });
  test("with an E between digits are codes (i1, i23)", async () => {
    const ids = await reader.text(
      lines(
        "id,y",
        range(12, (i) => `004758331150${i % 10}E59000${i},${i % 2}`),
      ),
    );
    expect(ids.types["id"]).toBe("text");
    expect(ids.rows[0]![0]).toBe("0047583311500E590000");
    const parts = await reader.text(lines("part,y", "12E3,0", "120E2,1", "12000,0"));
    expect(parts.rows.map(([part]) => part)).toEqual(["12E3", "120E2", "12000"]);
    expect((await reader.text(lines("x,y", "1.5e3,0", "2E+05,1", "1e-5,1"))).types["x"]).toBe("real");
    const said = await reader.text(lines("part,y", "12E3,0", "12000,1"), { types: { part: "real" } });
    expect(said.rows.map(([part]) => Number(part))).toEqual([12_000, 12_000]);
  });
  test("with decimals behind 2,000 whole ones are reals in all rows (i17, i25)", async () => {
    const { rows, types } = await reader.text(
      lines(
        "x,y",
        range(2500, (i) => `${i},${i % 2}`),
        "25.75,1",
      ),
    );
    expect(types["x"]).toBe("real");
    expect(Number(rows.at(-1)![0])).toBe(25.75);
  });
  test("with leading zeros behind 2,000 without are text (i15)", async () => {
    const { rows, types } = await reader.text(
      lines(
        "zip,y",
        range(3000, (i) => `${String(10_999 - i).padStart(5, "0")},1`),
      ),
    );
    expect(types["zip"]).toBe("text");
    expect(rows.at(-1)![0]).toBe("08000");
    expect(
      (
        await reader.text(
          lines(
            "zip,y",
            "99999,1",
            range(2500, () => "12345,1"),
            "00039,0",
          ),
        )
      ).rows.at(-1),
    ).toEqual(["00039", "0"]);
  });
  test("with signs beside them are numbers, said, and text with a flag (i20)", async () => {
    const text = lines(
      "pct,acc,minus,after,usd,eur",
      '1.5 %,(1.5),\u22121.5,1.5-,"$1,000.50",12.50 EUR',
      '2%,(2),\u22122,2-,"$1,001.50",EUR 3',
    );
    const { rows, assumed, types } = await reader.text(text);
    expect(rows.map((row) => row.map(Number))).toEqual([
      [1.5, -1.5, -1.5, -1.5, 1000.5, 12.5],
      [2, -2, -2, -2, 1001.5, 3],
    ]);
    expect(new Set(Object.values(types))).toEqual(new Set(["real"]));
    expect(assumed).toMatch(/signs beside the digits are left out.*--type pct=text/);
    expect((await reader.text(text, { types: { pct: "text" } })).rows[0]![0]).toBe("1.5 %");
  });
});

describe("a large file that its sample did not tell", () => {
  // Past the size that is looked at whole; what is late stands in no block of the sample.
  const many = 80_000;
  const filler = "abcdefg".repeat(9);
  const late = (header: string, row: (i: number) => string, at: number, odd: string): string =>
    lines(
      header,
      range(many, (i) => (i === at ? odd : row(i))),
    );

  test("has whole numbers made reals, and each row is there", async () => {
    const text = late("n,word", (i) => `${i},${filler}`, 50_123, "0.5,odd");
    const { types, rows, assumed } = await reader.text(text);
    expect(types["n"]).toBe("real");
    expect(rows.length).toBe(many);
    expect(rows[50_123]).toEqual(["0.5", "odd"]);
    expect(assumed).not.toContain("undefined");
  });
  test("has leading zeros refused with the flag that reads them", async () => {
    const text = late("zip,word", (i) => `${100_000 + i},${filler}`, 50_123, "00123,odd");
    await expect(reader.text(text)).rejects.toMatchObject({
      code: "bad_row",
      row: 50_124,
      column: "zip",
      message: expect.stringContaining("--type zip=text"),
    });
    expect((await reader.text(text, { types: { zip: "text" } })).rows[50_123]).toEqual(["00123", "odd"]);
  });
  test("has days first where the first ones could be months", async () => {
    const minute = (i: number): string => {
      const at = new Date(Date.UTC(2024, 2, 1) + i * 60_000).toISOString();
      return `${at.slice(8, 10)}/${at.slice(5, 7)}/${at.slice(0, 4)} ${at.slice(11, 16)},${i % 7}`;
    };
    const { rows, types, assumed } = await reader.text(lines("t,x", range(20_000, minute)));
    expect(types["t"]).toBe("timestamp");
    expect(rows[17_280]).toEqual(["2024-03-13 00:00:00", "4"]);
    expect(assumed).toContain("day/month/year");
  });
  test("has quoted texts of many lines, in which its sampled blocks begin", async () => {
    const note = (i: number): string => range(6, (k) => `line ${k}, of note ${i}; it is long enough`).join("\n");
    const text = lines(
      "id,note,x",
      range(30_000, (i) => `${i},"${note(i)}",${i / 2}`),
    );
    const { types, rows, scan } = await reader.text(text);
    expect(types).toEqual({ id: "int64", note: "text", x: "real" });
    expect(scan.mixed).toEqual([]);
    expect(rows.length).toBe(30_000);
    expect(rows[29_999]).toEqual(["29999", note(29_999), "14999.5"]);
  });
});

describe("a header", () => {
  test("of years (a1)", async () => {
    const text = lines("country,2019,2020,2021", "Aba,10,2,7", "Bor,13,7,8", "Cuxa,16,12,9");
    expect((await reader.text(text)).names).toEqual(["country", "2019", "2020", "2021"]);
    const without = await reader.text(text, { csv: { header: false } });
    expect(without.rows.length).toBe(4);
  });
  test("of dates", async () => {
    const text = lines("city,2024-01-01,2024-02-01", "Aba,1,2", "Bor,3,4");
    expect((await reader.text(text)).names).toEqual(["city", "2024-01-01", "2024-02-01"]);
  });
  test("is none where years stand below as well", async () => {
    expect((await reader.text(lines("Aba,2019,2020", "Bor,2018,2021", "Cuxa,2017,2022"))).rows.length).toBe(3);
  });
  test("with NA for a name (a3)", async () => {
    const { names, rows } = await reader.text(lines("site,NA,K", "Aba,0.5,0", "Bor,1.5,2"));
    expect(names).toEqual(["site", "NA", "K"]);
    expect(rows.length).toBe(2);
  });
  test("is forced by --header, and replaced by --columns beside it", async () => {
    const text = lines("1,2", "3,4");
    expect((await reader.text(text, { csv: { header: true } })).names).toEqual(["1", "2"]);
    const named = await reader.text(text, { csv: { header: true }, columns: ["p", "q"] });
    expect([named.names, named.rows]).toEqual([["p", "q"], [["3", "4"]]]);
    const swapped = await reader.text(lines("a,b", "1,2"), { columns: ["b", "c"] });
    expect([swapped.names, swapped.rows]).toEqual([["b", "c"], [["1", "2"]]]);
  });
  test("that stands again is set aside and named (j32)", async () => {
    const { rows, names, setAside, assumed } = await reader.text(lines("id,x", "1,10", "2,20", "id,x", "3,30"));
    expect(names).toEqual(["id", "x"]);
    expect(rows).toEqual([
      ["1", "10"],
      ["2", "20"],
      ["3", "30"],
    ]);
    expect(setAside).toBe(1);
    expect(assumed).toContain("the header line stands once more");
  });
  test("that stands again among texts is set aside, too", async () => {
    const { rows, setAside } = await reader.text(lines("a,b", "x,y", "z,u", "a,b", "v,w"), { csv: { header: true } });
    expect([rows.length, setAside]).toEqual([3, 1]);
  });
  test("of two lines is joined, and said", async () => {
    const { names, rows, assumed } = await reader.text(
      lines("city,size,weight", ",(cm),(kg)", "Aba,1,2.5", "Bor,3,4.5", "Cuxa,5,6.5"),
    );
    expect(names).toEqual(["city", "size (cm)", "weight (kg)"]);
    expect(rows.length).toBe(3);
    expect(assumed).toContain("the header has 2 lines");
  });
  test("with merged cells above is joined", async () => {
    const { names } = await reader.text(lines("city,2019,,2020,", ",low,high,low,high", "Aba,1,2,3,4", "Bor,1,2,3,4"));
    expect(names).toEqual(["city", "2019 low", "2019 high", "2020 low", "2020 high"]);
  });
  test("stands under titles", async () => {
    for (const title of ["A report", "A report,,", "A report,of 2024", '"A report\nof two lines"']) {
      const { names, rows, assumed } = await reader.text(lines(title, "city,n,m", "Aba,1,2", "Bor,3,4", "Cuxa,5,6"));
      expect([title, names]).toEqual([title, ["city", "n", "m"]]);
      expect(rows.length).toBe(3);
      expect(assumed).toContain("--skip-lines 0");
    }
  });
  test("with a line feed in a quoted name is read with CR LF", async () => {
    const { names, rows } = await reader.text('"size\nin cm",b\r\n1,2\r\n3,4\r\n');
    expect(names).toEqual(["size\nin cm", "b"]);
    expect(rows.length).toBe(2);
  });
});

describe("line ends and cells", () => {
  test("of any kind stand in quoted cells (j24c)", async () => {
    for (const inside of ["\r\n", "\r", "\n"])
      for (const end of ["\r\n", "\r", "\n"]) {
        const text = ["id,note", `0,"a${inside}b"`, `1,"c${inside}d"`, ""].join(end);
        expect((await reader.text(text)).rows).toEqual([
          ["0", `a${inside}b`],
          ["1", `c${inside}d`],
        ]);
      }
  });
  test("a cell too many with an empty last one does not shift its row", async () => {
    const text = lines(
      "last,first,age",
      "Doe,Jane,31",
      "Roe,Max,44",
      "Smith, John,30,",
      "Poe,Ann,52",
      "Moe,Tim,23",
      "Low,Kim,19",
    );
    await expect(reader.text(text)).rejects.toMatchObject({ code: "bad_row", row: 3 });
    const kept = await reader.text(text, { badRows: "keep-aside" });
    expect([kept.rows.length, kept.setAside]).toEqual([5, 1]);
  });
  test("a delimiter at the end of each line is none of the table", async () => {
    const { names, rows } = await reader.text(lines("a,b,", "1,2,", "3,4,"));
    expect([names, rows.length]).toEqual([["a", "b"], 2]);
  });
  test("quotes of one stroke, blanks as delimiters, a comma and a blank", async () => {
    expect((await reader.text(lines("a,b", "'x, y',1", "'it''s',2"))).rows).toEqual([
      ["x, y", "1"],
      ["it's", "2"],
    ]);
    expect((await reader.text(lines("a b c", "1 2 3", "4  5 6", "7 8 9"))).rows[1]).toEqual(["4", "5", "6"]);
    expect((await reader.text(lines("a, b", '1, "x, y"', "2, z"))).rows).toEqual([
      ["1", "x, y"],
      ["2", "z"],
    ]);
  });
  test("Excel's separator line is obeyed (j1d)", async () => {
    for (const sign of [",", ";"]) {
      const { names, rows } = await reader.text(lines(`sep=${sign}`, `id${sign}x`, `1${sign}2`, `2${sign}3`));
      expect([names, rows.length]).toEqual([["id", "x"], 2]);
    }
  });
});

describe("slips in single rows", () => {
  const good = range(40, (i) => `${i},"a word, or ${i}",${i / 4}`);
  test.each([
    ["an extra quote before a cell", '7,""a word, or 7",1.75'],
    ["an extra quote in a cell", '7,"a word," or 7",1.75'],
    ["an extra quote behind a cell", '7,"a word, or 7"",1.75'],
    ["a delimiter too few before a quoted cell", '7"a word, or 7",1.75'],
    ["a delimiter too few", '7,"a word, or 7"1.75'],
    ["a delimiter too many", '7,"a word, or 7",1.75,'],
    ["another delimiter", '7;"a word, or 7";1.75'],
  ])("%s stop it, and set aside that row alone", async (_, slip) => {
    const text = lines("id,note,x", good.slice(0, 20), slip, good.slice(20));
    await expect(reader.text(text)).rejects.toMatchObject({ code: "bad_row", row: 21 });
    const kept = await reader.text(text, { badRows: "keep-aside" });
    expect(kept.setAside).toBeGreaterThan(0);
    expect(kept.rows.map(([id]) => Number(id)).filter((id, i, all) => id !== i && all.length === 40)).toEqual([]);
    for (const [id, note, x] of kept.rows) expect([note, Number(x)]).toEqual([`a word, or ${id}`, Number(id) / 4]);
  });
  test("an inch sign is part of its cell, and quotes that are a habit are said", async () => {
    const inch = await reader.text(
      lines(
        "id,note",
        range(40, (i) => `${i},${i === 9 ? '5" pipe' : `"p, ${i}"`}`),
      ),
    );
    expect(inch.rows[9]).toEqual(["9", '5" pipe']);
    const habit = await reader.text(
      lines(
        "id,note",
        range(40, (i) => `${i},"p" of ${i}`),
      ),
    );
    expect(habit.rows[9]![1]).toContain("of 9");
    expect(habit.assumed).toMatch(/quotes.*part of the text/);
  });
  test("a second table below has rows of another width refused", async () => {
    const text = lines(
      "a,b",
      range(20, (i) => `${i},${i}`),
      "a,b,c",
      range(20, (i) => `${i},${i},${i}`),
    );
    await expect(reader.text(text)).rejects.toMatchObject({ code: "bad_row", row: 21 });
    expect((await reader.text(text, { badRows: "keep-aside" })).rows.length).toBe(20);
  });
  test("titles of full width and an empty line stand above the header", async () => {
    const { names, rows } = await reader.text(lines("REPORT,,", ",,", "city,n,m", "Aba,1,2", "Bor,3,4", "Cuxa,5,6"));
    expect([names, rows.length]).toEqual([["city", "n", "m"], 3]);
  });
});

describe("encodings", () => {
  const rows = lines(
    "id;name",
    range(12, (i) => `${i};${["Zoë", "Señor", "Grün"][i % 3]}`),
  );
  test("are named in any of the ways that TextDecoder knows (g26)", async () => {
    const cyrillic = Buffer.from([0xed, 0x3b, 0x78, 10, 0xe0, 0xe1, 0x3b, 49, 10, 0xe2, 0x3b, 50, 10]);
    for (const encoding of ["windows-1251", "cp1251", "Windows-1251"]) {
      const read = await reader.text(cyrillic, { csv: { encoding } });
      expect([read.names, read.rows]).toEqual([
        ["н", "x"],
        [
          ["аб", "1"],
          ["в", "2"],
        ],
      ]);
    }
    await expect(reader.text(cyrillic, { csv: { encoding: "klingon" } })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(/no such encoding.*windows-1251.*shift_jis/),
    });
  });
  test("of two bytes are found without a mark, whichever comes first (g4)", async () => {
    const little = Buffer.from(rows, "utf16le");
    for (const bytes of [little, Buffer.from(little).swap16()]) {
      const read = await reader.text(bytes);
      expect(read.rows.length).toBe(12);
      expect(read.rows[1]).toEqual(["1", "Señor"]);
    }
  });
  test("differ from file to file, and it is said (g8)", async () => {
    const folder = join(reader.folder, "encodings");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "a.csv"), Buffer.from(rows, "latin1"));
    writeFileSync(join(folder, "b.csv"), rows);
    writeFileSync(join(folder, "c.csv.gz"), gzipSync(Buffer.from(`\ufeff${rows}`, "utf16le")));
    const read = await reader.files(join(folder, "*"));
    expect(new Set(read.rows.map(([, name]) => name))).toEqual(new Set(["Zoë", "Señor", "Grün"]));
    expect(read.rows.length).toBe(36);
    expect(read.assumed).toMatch(/own encoding: .*a.csv as latin-1; .*b.csv as utf-8; .*c.csv.gz as utf-16le/);
  });
});

describe("dates", () => {
  test("whose order their cells leave open are said, and a flag decides (i4b)", async () => {
    const text = lines("d,t", "10/9/2016,10/9/2016 10:00", "3/9/2016,3/9/2016 11:00");
    const read = await reader.text(text);
    expect(read.rows[0]).toEqual(["2016-10-09", "2016-10-09 10:00:00"]);
    expect(read.assumed).toMatch(/caution: dates are read as month\/day\/year in "d", "t".*--date-format dmy/);
    for (const dateFormat of ["dmy", "%d/%m/%Y"])
      expect((await reader.text(text, { csv: { dateFormat } })).rows[0]).toEqual(["2016-09-10", "2016-09-10 10:00:00"]);
    await expect(reader.text(text, { csv: { dateFormat: "%Q" } })).rejects.toMatchObject({ code: "usage" });
  });
  test("day first in one column and ISO or month first in another are read each in its own way", async () => {
    const { rows, scan } = await reader.text(
      lines("a,b,c", "25/12/2024,2024-12-25,12/25/2024", "01/02/2024,2024-02-01,02/01/2024"),
    );
    expect(rows[1]).toEqual(["2024-02-01", "2024-02-01", "2024-02-01"]);
    expect(scan.schema.columns.map(({ read }) => read)).toEqual([
      { dateOrder: "dmy" },
      undefined,
      { dateOrder: "mdy" },
    ]);
  });
  test("of months by name, of two digits and without signs are read as a format says", async () => {
    for (const [cell, dateFormat] of [
      ["07 Mar 2024", "%d %b %Y"],
      ["07.03.24", "%d.%m.%y"],
      ["20240307", "%Y%m%d"],
    ] as const)
      expect((await reader.text(lines("d,x", `${cell},1`), { csv: { dateFormat, header: true } })).rows[0]![0]).toBe(
        "2024-03-07",
      );
  });
});

describe("spellings of missing", () => {
  test("hold in the column where they stand for it", async () => {
    const { rows } = await reader.text(lines("n,t", "1,-", "-,x", "3,y"));
    expect(rows).toEqual([
      ["1", "-"],
      [null, "x"],
      ["3", "y"],
    ]);
  });
});

describe("what a model expects", () => {
  const expected: readonly Column[] = [
    { name: "d", type: { kind: "date" }, read: { dateOrder: "dmy" } },
    { name: "n", type: { kind: "real" }, read: { decimal: ",", thousands: "." } },
    { name: "w", type: { kind: "text" }, read: { missing: ["?"] } },
    { name: "ok", type: { kind: "bool" }, read: { true: "ja", false: "nein" } },
  ];
  test("rules over what a file looks like", async () => {
    const { rows, types } = await reader.text(lines("d;n;w;ok", "03/04/2025;1.234;?;ja", "05/04/2025;7;12;nein"), {
      expect: expected,
    });
    expect(types).toEqual({ d: "date", n: "real", w: "text", ok: "bool" });
    expect(rows.map((row) => row.map((cell, i) => (i === 1 ? Number(cell) : cell)))).toEqual([
      ["2025-04-03", 1234, null, "true"],
      ["2025-04-05", 7, "12", "false"],
    ]);
  });
  test("is told where the file contradicts it, and each bad cell has its row's error", async () => {
    const read = await reader.text(lines("d;n;w;ok", "12/25/2024;1;a;ja", "03/04/2025;abc;b;nein", "03/04/2025;2;c"), {
      expect: expected,
      badCells: "error",
    });
    expect(read.assumed).toMatch(
      /"d" is read with dates as day\/month\/year, and this file has them as month\/day\/year/,
    );
    expect(read.names).toEqual(["d", "n", "w", "ok"]);
    expect(read.rows).toEqual([
      [null, "1.0", "a", "true"],
      ["2025-04-03", null, "b", "false"],
      [null, null, null, null],
    ]);
    expect(read.errors).toEqual([
      '"d": "12/25/2024" is not a date',
      '"n": "abc" is not a number',
      '"03/04/2025;2;c" has 3 cells where 4 are',
    ]);
    expect(read.names).not.toContain(read.landed.errorColumn);
    expect(read.setAside).toBe(0);
  });
  test("has no errors in a plain file, by the quick way", async () => {
    const read = await reader.text(lines("a,b", "1,x", "2,y"), { badCells: "error" });
    expect([read.rows, read.errors]).toEqual([
      [
        ["1", "x"],
        ["2", "y"],
      ],
      [null, null],
    ]);
  });
});
