import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exitCodes } from "../../src/base/errors.js";
import { accounted } from "../support/cli.js";
import { needs } from "../support/needs.js";
import { filesBelow, type Outcome, tryAll } from "./oddity.js";

for (const { set, wanted, profiled, trained } of [
  { set: "csv-oddities", wanted: /\.(csv|tsv|psv|ssv|gz|gzz|zst)$/, profiled: 700, trained: 100 },
  { set: "parquet-testing", wanted: /\.parquet(\.encrypted)?$/, profiled: 50, trained: 8 },
])
  needs.shared(set)(`every file of ${set} through profile and train`, (where) => {
    let dir: string;
    let outcomes: Outcome[] = [];
    const which = (some: (outcome: Outcome) => boolean): string[] =>
      outcomes.filter(some).map((outcome) => JSON.stringify({ ...outcome, file: relative(where, outcome.file) }));

    beforeAll(async () => {
      dir = mkdtempSync(join(tmpdir(), "sluice-oddities-"));
      const files = filesBelow(where, wanted).filter((file) => relative(where, file) !== "opens.csv");
      outcomes = await tryAll(files, dir);
      expect(outcomes).toHaveLength(2 * files.length);
    }, 600_000);
    afterAll(() => rmSync(dir, { recursive: true, force: true }));

    test("none is a bug of ours", () => {
      expect(which(({ exit }) => exit === 70)).toEqual([]);
    });

    test("none hangs or crashes", () => {
      expect(which(({ exit }) => typeof exit === "string")).toEqual([]);
    });

    test("what is refused has a code of the table", () => {
      expect(which(({ exit, code }) => exit !== 0 && (code === undefined || !(code in exitCodes)))).toEqual([]);
    });

    test("each row is in one of the counts, and both commands count the same", () => {
      const counted = new Map(
        outcomes.map(({ file, profiled }) => [file, profiled] as const).filter(([, n]) => n !== undefined),
      );
      const fits = ({ file, rows }: Outcome): boolean =>
        rows === undefined || (accounted({ ...rows }) && (counted.get(file) ?? rows.read) === rows.read);
      expect(which((outcome) => !fits(outcome))).toEqual([]);
    });

    // The lower bounds are a little below what was reached when this was written: a reader that refuses all passes the rest.
    test("most files are read", () => {
      expect(which(({ command, exit }) => command === "profile" && exit === 0).length).toBeGreaterThan(profiled);
      expect(which(({ command, exit }) => command === "train" && exit === 0).length).toBeGreaterThan(trained);
    });
  });
