import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { homeAt } from "../../src/runs/home.js";
import type { TrainDetails } from "../../src/train/spec.js";
import { trainModel } from "../../src/train/train.js";
import { Workspace } from "../../src/workspace/workspace.js";
import { duck } from "../support/duck.js";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "sluice-footers-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function trained(file: string, where?: string): Promise<TrainDetails> {
  await using workspace = await Workspace.open({
    memoryBytes: 1e9,
    threads: 2,
    home: homeAt({ home: join(dir, "home"), cache: join(dir, "cache") }),
  });
  return await trainModel(
    { sources: [file], label: "y", learner: "linear", validate: "none", ...(where === undefined ? {} : { where }) },
    workspace,
  );
}

const hidden = 123456.789;
const rows = (odd: string): string =>
  `SELECT (k * 7919 % 5000) * 40.125 AS x, CASE WHEN k = 777 THEN ${odd} ELSE (k * 104729 % 5003) * 30.5 END AS z,
    x - 2 * (k * 104729 % 5003) + k % 7 AS y FROM range(5000) r(k)`;
const written = async (name: string, query: string): Promise<string> => {
  const file = join(dir, name);
  await duck(`COPY (${query}) TO '${file}' (FORMAT parquet, COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 1)`);
  return file;
};

test("ranges from footers give the model that a scan gives", async () => {
  const file = await written("plain.parquet", rows(`${hidden}`));
  const [told, scanned] = [await trained(file), await trained(file, "x >= 0")];
  expect(told.model.state).toEqual(scanned.model.state);
  expect(told.model.stateHash).toBe(scanned.model.stateHash);
  expect(told.model.codings).toEqual(scanned.model.codings);
});

test("a NaN that a footer hides counts as missing, like one that it tells of", async () => {
  const bytes = readFileSync(await written("number.parquet", rows(`${hidden}::DOUBLE`)));
  const sought = Buffer.alloc(8);
  sought.writeDoubleLE(hidden);
  const at = bytes.indexOf(sought);
  expect([at > 0, bytes.indexOf(sought, at + 8)]).toEqual([true, -1]);
  bytes.writeDoubleLE(Number.NaN, at);
  const secret = join(dir, "secret.parquet");
  writeFileSync(secret, bytes);
  const told = await written("told.parquet", rows("'nan'::DOUBLE"));
  const [found, known] = [await trained(secret), await trained(told)];
  expect(known.decisions.find(({ column }) => column === "z")!.reason).toMatch(/1 of 5,000 training rows lack it/);
  expect(found.decisions).toEqual(known.decisions);
  expect(found.model.stateHash).toBe(known.model.stateHash);
});
