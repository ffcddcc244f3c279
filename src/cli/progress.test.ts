import { describe, expect, test, vi } from "vitest";
import { type ProgressOptions, progress } from "./progress.js";

function stage(options: Partial<ProgressOptions> & { isTTY?: boolean; columns?: number } = {}) {
  let time = 0;
  let tick = (): void => {};
  let stopped = false;
  const written: string[] = [];
  const { isTTY = false, columns = 80, ...rest } = options;
  const shown = progress({
    stream: { write: (text) => written.push(text), isTTY, columns },
    tty: isTTY, // whatever terminal the tests run in
    budgetBytes: 512e6,
    now: () => time,
    every: (_, run) => {
      tick = run;
      return () => {
        stopped = true;
      };
    },
    rssBytes: () => 200e6,
    ...rest,
  });
  return {
    shown,
    written,
    stopped: () => stopped,
    later: (ms: number) => {
      time += ms;
      tick();
    },
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are colours and the end of a line
    text: () => written.join("").replaceAll(/\u001b\[[0-9;]*[mK]/g, ""),
  };
}

describe("progress", () => {
  test("says nothing about work under two seconds", () => {
    const { shown, later, written } = stage({ isTTY: true });
    shown.stage("training");
    later(1000);
    shown.update({ rows: 10, totalRows: 20 });
    later(900);
    shown.done();
    expect(written).toEqual([]);
  });

  test("redraws one line on a terminal, no wider than it, and takes it away at the end", () => {
    const { shown, later, written, text } = stage({ isTTY: true, columns: 60 });
    shown.stage("training", { rows: 4000, passes: 2 });
    later(2000);
    shown.update({ rows: 1000, pass: 1 });
    later(500);
    expect(text()).not.toContain("\n");
    for (const line of text().split("\r")) expect(line.length).toBeLessThan(60);
    expect(text().split("\r").at(-1)).toMatch(/^training · pass 1 of 2 · 1,000 of 4,000 rows \(25 %\)/);
    shown.done();
    expect(written.at(-1)).toBe("\r\u001b[K");
  });

  test("tells rate, time left over all passes, and memory of the budget", () => {
    const { shown, later, text } = stage();
    shown.stage("training", { rows: 10_000, passes: 2 });
    shown.update({ rows: 0, pass: 1 });
    later(2000);
    shown.update({ rows: 4000 });
    later(4999);
    shown.update({ rows: 7000 });
    later(1);
    // 7,000 rows in 7 s, so 3,000 + 10,000 are 13 s.
    expect(text().trimEnd().split("\n").at(-1)).toBe(
      "training · pass 1 of 2 · 7,000 of 10,000 rows (70 %) · 1,000 rows/s · 13 s left · 200 MB of 512 MB",
    );
  });

  test("writes a plain line only every few seconds where there is no terminal", () => {
    const { shown, later, written } = stage();
    shown.stage("training");
    for (let i = 0; i < 120; i++) {
      shown.update({ rows: i });
      later(100);
    }
    expect(written).toHaveLength(3); // at 2, 7 and 12 of 12 seconds
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may be there
    for (const line of written) expect(line).toMatch(/^training · [^\r\u001b]*\n$/);
  });

  test("goes on telling the time of a stage that has nothing to tell", () => {
    const { shown, later, text } = stage();
    shown.stage("sorting");
    for (let i = 0; i < 8; i++) later(1000);
    expect(text()).toContain("sorting · 7.0 s · 200 MB of 512 MB\n");
  });

  test("says nothing when quiet", () => {
    const { shown, later, written } = stage({ quiet: true, json: true });
    shown.stage("training");
    shown.update({ rows: 5 });
    later(9000);
    shown.done();
    expect(written).toEqual([]);
  });

  test("writes JSON lines for machines, on a terminal too", () => {
    const { shown, later, written } = stage({ json: true, isTTY: true });
    shown.stage("training", { rows: 100 });
    later(2000);
    shown.update({ rows: 50, pass: 1 });
    later(2000);
    const events = written
      .join("")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events[0]).toEqual({ event: "stage", stage: "training", seconds: 0 });
    expect(events.at(-1)).toMatchObject({
      event: "progress",
      stage: "training",
      rows: 50,
      totalRows: 100,
      pass: 1,
      rssBytes: 200e6,
      budgetBytes: 512e6,
    });
  });

  test.each([
    [{ NO_COLOR: "1" }, false],
    [{ NO_COLOR: "", FORCE_COLOR: "", TERM: "xterm" }, true],
    [{ NO_COLOR: "", FORCE_COLOR: "", TERM: "dumb" }, false],
  ])("with %o in the environment paints: %s", (environment, paints) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const { shown, later, written } = stage({ isTTY: true, tty: true });
    shown.stage("training");
    later(2500);
    expect(written.join("").includes("\u001b[36mtraining")).toBe(paints);
    vi.unstubAllEnvs();
  });

  test("tells what a cluster is at, whatever stage of ours begins, until it has nothing to do", () => {
    const { shown, later, text } = stage({ isTTY: true, columns: 200 });
    const last = (): string => text().split("\r").at(-1)!;
    shown.stage("training", { rows: 100 });
    shown.update({ rows: 50, pass: 1 });
    later(2000);
    shown.cluster({ stage: 3, stages: 5, tasksDone: 120, tasks: 1200, inputBytes: 1.2e9 });
    later(500);
    expect(last()).toMatch(/^training · stage 3 of 5, 120 of 1,200 tasks, 1\.20 GB read · pass 1 · 50 of 100 rows/);
    shown.stage("judging");
    later(500);
    expect(last()).toMatch(/^judging · stage 3 of 5/);
    shown.cluster({ stage: 1, stages: 1, tasksDone: 0, tasks: 8, inputBytes: 0 });
    later(500);
    expect(last()).toMatch(/^judging · stage 1 of 1, 0 of 8 tasks · /);
    shown.cluster(undefined);
    later(500);
    expect(last()).toMatch(/^judging · 1\.5 s/);
  });

  test("draws what comes more often than a terminal is redrawn once, and for programs once a second", () => {
    for (const [options, most] of [
      [{ isTTY: true }, 11],
      [{ json: true }, 2],
    ] as const) {
      const { shown, later, written } = stage(options);
      shown.stage("asking");
      later(2000);
      written.length = 0;
      for (let task = 0; task < 100; task++) {
        shown.cluster({ stage: 1, stages: 1, tasksDone: task, tasks: 100, inputBytes: 0 });
        later(10);
      }
      expect(written.length).toBeGreaterThan(0);
      expect(written.length).toBeLessThanOrEqual(most);
      expect(written.join("")).toMatch(/stage 1 of 1|"cluster":\{"stage":1,/);
    }
  });

  test("starts a rate anew with each pass", () => {
    const { shown, later, text } = stage({ isTTY: true, columns: 200 });
    shown.stage("training", { rows: 1000 });
    shown.update({ rows: 0, pass: 1 });
    later(10_000);
    shown.update({ rows: 1000, pass: 1 });
    shown.update({ rows: 0, pass: 2 });
    later(1000);
    shown.update({ rows: 900, pass: 2 });
    later(500);
    expect(text().split("\r").at(-1)).toContain("pass 2 · 900 of 1,000 rows (90 %) · 600 rows/s");
  });

  test("stops its clock, and stays silent after the end", () => {
    const { shown, later, written, stopped } = stage();
    shown.stage("training");
    shown.done();
    expect(stopped()).toBe(true);
    shown.stage("more");
    shown.update({ rows: 1 });
    later(9000);
    shown.done();
    expect(written).toEqual([]);
  });
});
