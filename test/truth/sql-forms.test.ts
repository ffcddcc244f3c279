import { columnFromArray, int64, tableFromColumns, tableToIPC, uint64 } from "@uwdata/flechette";
import { afterAll, expect, test } from "vitest";
import { place } from "../support/cli.js";

const at = place();
afterAll(() => at[Symbol.dispose]());

test("sluice sql reads each file that a query names as training does, in joins and below too", async () => {
  at.write(
    "ids.json",
    JSON.stringify(
      [
        { id: 1, ID: 10, __proto__x: "a" },
        { id: 2, ID: 20, __proto__x: "b" },
      ],
      null,
      2,
    ),
  );
  at.write(
    "big.arrow",
    tableToIPC(
      tableFromColumns([
        ["id", columnFromArray([1, 2], int64())],
        ["u", columnFromArray([18446744073709551615n, null], uint64())],
      ]),
      { format: "stream" },
    )!,
  );
  at.write("rows.svm", "1 qid:7 1:0.5\n0 qid:8 1:1.5\n");
  const { json, code } = await at.sluice(
    "sql",
    `SELECT a.id, "ID_1", u::VARCHAR AS u FROM 'ids.json' a JOIN 'big.arrow' USING (id)
      WHERE id IN (SELECT qid - 6 FROM 'rows.svm') ORDER BY id`,
    "--json",
  );
  expect(code).toBe(0);
  expect(json.rows).toEqual([
    { id: 1, ID_1: 10, u: "18446744073709551615" },
    { id: 2, ID_1: 20, u: null },
  ]);
  expect(json.files.map(({ name }: { name: string }) => name).sort()).toEqual(["big.arrow", "ids.json", "rows.svm"]);
});

test("sluice sql gives times to the microsecond, whatever their year, and endless values by name", async () => {
  const { json, stdout, code } = await at.sluice(
    "sql",
    `SELECT TIMESTAMP '1969-12-31 23:59:59.999901' AS before, DATE '0044-03-15 (BC)' AS ides, DATE '12024-02-29' AS late,
      TIMESTAMP '290000-01-01 00:00:00' AS far, DATE 'infinity' AS never, TIMESTAMP '-infinity' AS always,
      [TIMESTAMP '2024-01-01 00:00:00.123456'] AS list, 'inf'::DOUBLE AS top, 'nan'::DOUBLE AS none`,
    "--json",
  );
  expect(code, stdout).toBe(0);
  expect(json.rows).toEqual([
    {
      before: "1969-12-31 23:59:59.999901",
      ides: "0044-03-15 (BC)",
      late: "12024-02-29",
      far: "290000-01-01 00:00:00",
      never: "infinity",
      always: "-infinity",
      list: ["2024-01-01 00:00:00.123456"],
      top: "Infinity",
      none: "NaN",
    },
  ]);
});
