import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { tryPromises } from "../../bench/promises/all.mjs";

const scratch = mkdtempSync(join(tmpdir(), "sluice-promises-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

// `npm run promises` tries the same at full size; test/scale/budget.test.ts tries the budget.
test.each(["one-model", "kill", "interrupt", "source", "together"])(
  "the promise %s holds in all its trials",
  async (name) => {
    const lines = await tryPromises([name], { quick: true, scratch, say: () => {} });
    expect(lines.filter(({ result }) => result !== "held")).toEqual([]);
    expect(lines.length).toBeGreaterThan(0);
  },
  900_000,
);
