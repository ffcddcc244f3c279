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
