import { resolve } from "node:path";
import { expect, test } from "vitest";
import { refuseOther } from "./resume.js";
import { type RunFile, specFrom } from "./run-file.js";

const begun = (folder: string): RunFile => ({
  command: "train",
  spec: { sources: ["rows/*.csv", "/data/b.csv", "-"], test: ["later.csv"], label: "y" },
  started: "2026-01-01",
  folder,
});

test("a run's sources are named from the folder it was started in", () => {
  expect(specFrom(begun("/home/ann"))).toEqual({
    sources: ["/home/ann/rows/*.csv", "/data/b.csv", "-"],
    test: ["/home/ann/later.csv"],
    label: "y",
  });
  const here = begun(process.cwd());
  expect(specFrom(here)).toBe(here.spec);
});

test("the same files named from another folder are nothing else", () => {
  const spec = { sources: [resolve("rows.csv")], label: "y" };
  refuseOther({ run: "r", spec, finished: false }, { ...spec, sources: ["rows.csv"] });
  expect(() => refuseOther({ run: "r", spec, finished: false }, { ...spec, sources: ["other.csv"] })).toThrow(
    /source was .*rows.csv.* and is now .*other.csv/,
  );
});
