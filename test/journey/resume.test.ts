import { existsSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accounted, place, type Told } from "../support/cli.js";
import { numbersCsv } from "../support/deliveries.js";

const at = place();
const job = ["big.csv", "--label", "y", "--learner", "logistic", "--threads", "2", "--json"];
const epochs = [...job, "--learner", "sgd", "--param", "epochs=40"];
let whole: Told;
let wholeEpochs: Told;

beforeAll(async () => {
  at.write("big.csv", numbersCsv(250_000, 9));
  const elsewhere = ["--home", "uninterrupted", "--cache", "uninterrupted-cache"];
  whole = (await at.sluice("train", ...job, ...elsewhere)).json;
  wholeEpochs = (await at.sluice("train", ...epochs, ...elsewhere)).json;
});
afterAll(() => at[Symbol.dispose]());

const runs = (home: string): string[] =>
  existsSync(at.path(`${home}/runs`)) ? readdirSync(at.path(`${home}/runs`)) : [];
const journal = (home: string): string => {
  const [run] = runs(home);
  const file = at.path(`${home}/runs/${run}/journal.jsonl`);
  return run !== undefined && existsSync(file) ? readFileSync(file, "utf8") : "";
};
/** Starts the training in a home of its own and ends it as soon as `moment` is there. */
async function endedAt(
  args: readonly string[],
  home: string,
  signal: NodeJS.Signals,
  moment: (home: string) => boolean,
) {
  const own = ["--home", home, "--cache", `${home}-cache`];
  const { child, ended } = at.start("train", ...args, ...own);
  let over = false;
  ended.then(() => {
    over = true;
  });
  while (!over && !moment(home)) await new Promise((resolve) => setTimeout(resolve, 2));
  const killed = performance.now();
  child.kill(signal);
  const ran = await ended;
  return { ran, own, seconds: (performance.now() - killed) / 1000 };
}

describe("a training that is interrupted", () => {
  test.each([
    { signal: "SIGINT" as const, code: 130 },
    { signal: "SIGTERM" as const, code: 143 },
  ])("by $signal exits with $code soon, says how to go on, and goes on to the same state", async ({ signal, code }) => {
    const { ran, own, seconds } = await endedAt(epochs, signal, signal, (home) =>
      journal(home).includes('"unit":"fold 3"'),
    );
    expect(ran.code).toBe(code);
    expect(seconds).toBeLessThan(5);
    expect(ran.json.error).toMatchObject({ code: "interrupted", message: expect.stringContaining("sluice resume") });
    expect(existsSync(at.path(`${signal}/models`))).toBe(false);
    const [run] = runs(signal);
    const { json } = await at.sluice("resume", run!, "--memory", "400MB", "--threads", "1", "--json", ...own);
    expect(json.stateHash).toBe(wholeEpochs.stateHash);
    expect(json.units.reused).toBeGreaterThan(3);
    expect(json.units.reused + json.units.done).toBe(wholeEpochs.units.done);
  });
});

describe("resume", () => {
  test("of a finished run does nothing again and gives the same result", async () => {
    const elsewhere = ["--home", "uninterrupted", "--cache", "uninterrupted-cache"];
    const { json } = await at.sluice("resume", whole.run, "--json", ...elsewhere);
    expect(json.units).toEqual({ reused: whole.units.done, done: 0 });
    for (const name of ["model", "stateHash", "rows", "metrics", "features", "warnings"])
      expect(json[name]).toEqual(whole[name]);
    expect(accounted(json.rows)).toBe(true);
  });

  test("by train --resume goes on when all is as it was, and else names what differs and does nothing", async () => {
    const elsewhere = ["--home", "uninterrupted", "--cache", "uninterrupted-cache"];
    const same = await at.sluice("train", ...job, "--seed", "7", "--resume", whole.run, ...elsewhere);
    expect(same.json.units).toEqual({ reused: whole.units.done, done: 0 });
    expect(same.stderr).toContain("had finished before");
    const other = await at.sluice("train", ...epochs, "--drop", "x3", "--resume", whole.run, ...elsewhere);
    expect([other.code, other.json.error.code]).toEqual([2, "run_mismatch"]);
    expect(other.json.error.message).toContain('--learner was "logistic" and is now "sgd"');
    expect(other.json.error.message).toContain('--drop was not given and is now ["x3"]');
    expect(runs("uninterrupted")).toHaveLength(2);
  });

  test("is refused when the source has changed", async () => {
    const touched = new Date("2024-05-05");
    utimesSync(at.path("big.csv"), touched, touched);
    const ran = await at.sluice(
      "resume",
      whole.run,
      "--json",
      "--home",
      "uninterrupted",
      "--cache",
      "uninterrupted-cache",
    );
    expect([ran.code, ran.json.error.code]).toEqual([3, "changed_source"]);
    expect(ran.json.error.message).toContain("big.csv has changed since the run began");
  });
});
