import { expect, test } from "vitest";
import { measureCapped } from "../support/cgroup.js";
import { needs } from "../support/needs.js";

const MB = 1e6;
/** Touches so many megabytes outside the heap of V8, holds them a moment, and says it lived. */
const holding = (megabytes: number): string[] => [
  "-e",
  `const held = Buffer.alloc(${megabytes} * 1e6, 1); setTimeout(() => console.log("alive", held.length), 100)`,
];

needs.root()("a memory limit of the kernel", () => {
  test("leaves a process below it alone, and its peak is what it touched beside Node itself", async () => {
    const run = await measureCapped(process.execPath, holding(120), { limitBytes: 400 * MB });
    expect(run).toMatchObject({ killed: 0, status: 0, stdout: "alive 120000000\n" });
    expect(run.peakRssBytes).toBeGreaterThan(120 * MB);
    expect(run.peakRssBytes).toBeLessThan(300 * MB); // Node of any version starts well under 180 MB
  });

  test("kills a process above it, and says so", async () => {
    const run = await measureCapped(process.execPath, holding(400), { limitBytes: 200 * MB });
    expect(run.killed).toBe(1);
    expect(run.status).not.toBe(0);
    expect(run.stdout).toBe("");
  });

  test("holds for children too, and their peaks are summed", async () => {
    const child = JSON.stringify(holding(150));
    const parent = `const held = Buffer.alloc(150e6, 1);
      require("node:child_process").spawn(process.execPath, ${child}, { stdio: "inherit" }).on("close", () => held.length)`;
    const roomy = await measureCapped(process.execPath, ["-e", parent], { limitBytes: 700 * MB });
    expect(roomy).toMatchObject({ killed: 0, status: 0, processes: 2 });
    expect(roomy.peakRssBytes).toBeGreaterThan(300 * MB);
    const tight = await measureCapped(process.execPath, ["-e", parent], { limitBytes: 250 * MB });
    expect(tight.killed).toBeGreaterThan(0);
  });
});
