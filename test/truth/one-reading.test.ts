import { afterAll, expect, test } from "vitest";
import { place } from "../support/cli.js";
import { range } from "./csv-support.js";

const at = place();
afterAll(() => at[Symbol.dispose]());

const stored: Readonly<Record<string, string>> = {
  int64: "BIGINT",
  real: "DOUBLE",
  text: "VARCHAR",
  date: "DATE",
  timestamp: "TIMESTAMP",
  bool: "BOOLEAN",
};

test.each([
  [
    "decimals behind thousands of whole numbers",
    ["x,y", ...range(4000, (i) => `${i < 3000 ? i : i + 0.75},${2 * i + 1}`)],
  ],
  [
    "thousands and days first",
    ["x;y;d", ...range(200, (i) => `1.${String(i).padStart(3, "0")},5;${i * 3};${1 + (i % 28)}/02/2024`)],
  ],
  ["tags with a hash sign", ["tag,y", ...range(120, (i) => `${i % 3 === 0 ? "#" : ""}t${i % 7},${i}`)]],
  [
    "a header that stands again",
    ["x,y", ...range(60, (i) => `${i},${i * 2}`), "x,y", ...range(60, (i) => `${i},${i * 2}`)],
  ],
  ["line feeds in cells", ["note,y", ...range(90, (i) => `"a ${i % 4}\r\nb",${i}`)]],
])("profile, train and sql read %s in one way", async (_, rows) => {
  at.write("one.csv", `${rows.join("\n")}\n`);
  const profile = await at.sluice("profile", "one.csv", "--json", "--quiet");
  expect(profile.code).toBe(0);
  const { json } = profile;
  expect(json).toMatchObject({ rows: expect.any(Number), setAside: expect.any(Number), assumed: expect.any(Array) });
  for (const column of json.columns)
    expect(Object.keys(column)).toEqual(
      expect.arrayContaining(["name", "type", "missing", "min", "max", "mean", "distinct"]),
    );

  const described = await at.sluice("sql", "DESCRIBE SELECT * FROM 'one.csv'", "--json", "--quiet");
  expect(described.json.rows.map((row: Record<string, string>) => [row["column_name"], row["column_type"]])).toEqual(
    json.columns.map(({ name, type }: Record<string, string>) => [name, stored[type!]]),
  );
  const counted = await at.sluice("sql", "SELECT count(*) AS n, sum(y) AS s FROM 'one.csv'", "--json", "--quiet");
  const y = json.columns.find(({ name }: { name: string }) => name === "y");
  expect(Number(counted.json.rows[0].n)).toBe(json.rows);
  expect(Number(counted.json.rows[0].s)).toBeCloseTo(y.mean * json.rows, 4);

  const trained = await at.sluice(
    "train",
    "one.csv",
    "--label",
    "y",
    "--task",
    "regression",
    "--learner",
    "linear",
    "--json",
    "--quiet",
  );
  expect(trained.stdout).not.toContain('"error"');
  expect([trained.json.rows.read - (trained.json.rows.setAside ?? 0), trained.json.rows.setAside ?? 0]).toEqual([
    json.rows,
    json.setAside,
  ]);
});
