import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generator } from "../base/seeds.js";
import { homeAt } from "../runs/home.js";
import { Workspace } from "../workspace/workspace.js";
import { trainModel } from "./train.js";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "sluice-sorted-"));
  const next = generator(5);
  const made = (rows: number) =>
    Array.from({ length: rows }, () => {
      const [a, b] = [next() - 0.5, next() - 0.5];
      return [a, b, next() < 1 / (1 + Math.exp(-(5 * a - 3 * b))) ? 1 : 0] as const;
    });
  const write = (name: string, rows: readonly (readonly number[])[]) =>
    writeFileSync(join(dir, name), `a,b,y\n${rows.map((row) => row.join(",")).join("\n")}\n`);
  const rows = made(12_000);
  write("mixed.csv", rows);
  write(
    "sorted.csv",
    [...rows].sort((one, other) => one[2] - other[2]),
  );
  write("test.csv", made(4_000));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function trained(name: string, validate: string, threads: number) {
  const home = homeAt({ home: join(dir, "home"), cache: join(dir, `cache-${threads}`) });
  await using workspace = await Workspace.open({ memoryBytes: 1e9, threads, home });
  const spec = { label: "y", learner: "sparseLogistic", params: { passes: 1 }, validate, pageRows: 512 };
  const { result, quality } = await trainModel(
    { sources: [join(dir, name)], test: [join(dir, "test.csv")], ...spec },
    workspace,
  );
  return { hash: result.stateHash, loss: quality["test"]!.model.values["logLoss"]! };
}

test.each(["none", "random:0.2"])(
  "rows in the order of their label teach a walk as shuffled ones do (--validate %s)",
  async (validate) => {
    const [mixed, sorted, alone] = [
      await trained("mixed.csv", validate, 2),
      await trained("sorted.csv", validate, 2),
      await trained("sorted.csv", validate, 1),
    ];
    // In the order of the file it would be far above 0.7: the last rows that it saw are all of one class.
    expect(sorted.loss - mixed.loss).toBeLessThan(0.03);
    expect(alone.hash).toBe(sorted.hash);
  },
);
