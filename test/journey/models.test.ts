import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { place } from "../support/cli.js";

const rows = `x,y\n${Array.from({ length: 60 }, (_, i) => `${i},${i % 2}`).join("\n")}\n`;
const quick = ["--label", "y", "--learner", "logistic", "--validate", "none"];

test("one bad entry among models and runs is named, and the others go on", async () => {
  using here = place();
  here.write("rows.csv", rows);
  expect((await here.sluice("train", "rows.csv", ...quick, "--name", "good")).code).toBe(0);
  writeFileSync(here.path("home/models/notes.txt"), "a stray file");
  mkdirSync(here.path("home/models/empty/1"), { recursive: true });
  mkdirSync(here.path("home/models/cut/1"), { recursive: true });
  writeFileSync(here.path("home/models/cut/1/model.json"), '{"format": 2, "name": "cu');
  writeFileSync(here.path("home/runs/notes.txt"), "a stray file");
  mkdirSync(here.path("home/runs/zzz"));

  const listed = await here.sluice("models", "--json");
  expect(listed.code).toBe(0);
  expect(listed.json.models.map(({ model }: { model: string }) => model)).toEqual(["good/1"]);
  expect(listed.json.damaged.map(({ ref }: { ref: string }) => ref).sort()).toEqual([
    "cut/1",
    "empty/1",
    "notes.txt",
    "runs/notes.txt",
    "runs/zzz",
  ]);
  const shown = (await here.sluice("models")).stdout;
  expect(shown).toContain("\nnotes.txt: is a file");
  expect(shown).toContain("runs/zzz: has no run.json");
  expect((await here.sluice("predict", "good", "rows.csv", "--to", "o.csv")).code).toBe(0);
  expect((await here.sluice("resume", "last", "--json")).code).toBe(0);
  const cut = await here.sluice("show", "cut", "--json");
  expect([cut.code, cut.json.error.code]).toEqual([3, "damaged"]);
});

test.each([["last"], ["a".repeat(300)], ["é".repeat(60)]])(
  "the model name %.20s is refused before training",
  async (name) => {
    using here = place();
    const ran = await here.sluice("train", "nothing.csv", ...quick, "--name", name, "--json");
    expect([ran.code, ran.json.error.code]).toEqual([2, "usage"]);
  },
);

test.skipIf(process.platform === "win32")(
  "what is kept is for the user alone, what was asked for is as usual",
  async () => {
    using here = place();
    here.write("rows.csv", rows);
    await here.sluice("train", "rows.csv", "--label", "y", "--learner", "boosting");
    await here.sluice("predict", "last", "rows.csv", "--to", "o.csv");
    const kept = ["home", "cache"].flatMap((root) =>
      readdirSync(here.path(root), { recursive: true, encoding: "utf8" }).map((name) => join(here.path(root), name)),
    );
    expect(kept.length).toBeGreaterThan(10);
    const open = kept.filter((path) => (statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077);
    expect(open).toEqual([]);
    expect(statSync(here.path("o.csv")).mode & 0o777).toBe(0o666 & ~process.umask());
  },
);
