import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

// A process of its own: an input that never ends is answered by its end. `npm run promises` takes longer, with another seed each time.
test("what nobody thought of is answered or refused", () => {
  const args = ["scripts/fuzz.mjs", "--only", "formulas,csv,json,arrow,models", "--seconds", "60", "--seed", "20"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: join(import.meta.dirname, "../.."),
    encoding: "utf8",
  });
  expect(status, `${stdout}${stderr}`).toBe(0);
  expect(stdout.match(/: [1-9]\d* inputs/g)?.length).toBeGreaterThan(10);
});
