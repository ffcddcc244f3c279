import { Command } from "commander";
import { expect, test } from "vitest";
import type { SluiceError } from "../base/errors.js";
import { givenOptions } from "../train/options.js";
import { refuseOther } from "../train/resume.js";
import type { TrainSpec } from "../train/spec.js";
import { withLearning } from "./command.js";
import { specOf } from "./train.js";

const everything: TrainSpec = {
  sources: ["a b.csv", "c.csv"],
  label: "delay > 15",
  task: "binary",
  positive: "it's",
  learner: "logistic",
  params: { l2: "0.5" },
  features: "log(distance), onehot(origin)",
  drop: ["x", "y z"],
  allowLeak: ["w"],
  id: "id",
  time: "at",
  group: "g",
  weight: "if(late, 5, 1)",
  classWeights: "balanced",
  where: "x > 1",
  validate: "time:0.2",
  folds: "time:5",
  gap: "7d",
  together: "duplicates",
  calibrate: "platt",
  threshold: "recall>=0.8",
  test: ["d.csv", "e.csv"],
  sums: "cluster",
  sample: 0.01,
  seed: 8,
  name: "late",
  format: "csv",
  types: { zip: "text", n: "int64" },
  columns: ["x", "y"],
  badRows: "keep-aside",
  csv: {
    delimiter: "\t",
    quote: "",
    escape: "\\",
    header: false,
    skipLines: 2,
    comment: "",
    encoding: "latin-1",
    decimal: ",",
    thousands: " ",
    dateFormat: "%d.%m.%Y",
    missing: ["-200", ""],
  },
};

const learning = () => withLearning(new Command("train"));
const parsed = (spec: TrainSpec): TrainSpec => {
  const words = givenOptions(spec).flatMap(({ typed }) => typed);
  return specOf(spec.sources, learning().parse(words, { from: "user" }).opts());
};

test("the command of a training with every option says what was given", () => {
  expect(parsed(everything)).toEqual(everything);
});

test.each([
  [{ delimiter: "", escape: "", thousands: "", header: true }],
  [{ thousands: "'", quote: "'", comment: "#", delimiter: "," }],
] as const)("so does that of a CSV with %j", (csv) => {
  const spec = { ...everything, csv };
  expect(parsed(spec)).toEqual(spec);
});

test("every flag of a training is among the options, and is what resume calls a difference", () => {
  // What says where and how it runs, not what is trained.
  const places = ["--on", "--token-file"];
  const flags = learning().options.map(({ long }) => long!);
  const names = [everything, { ...everything, csv: { header: true } }].flatMap((spec) =>
    givenOptions(spec).map(({ name }) => name),
  );
  expect([...new Set(names)].sort()).toEqual(flags.filter((flag) => !places.includes(flag)).sort());

  const { learner: _learner, params: _params, ...rest } = everything;
  const begun = { run: "r", spec: { sources: everything.sources, label: "y" }, finished: false };
  let differences: readonly { name: string }[] = [];
  try {
    refuseOther(begun, { ...rest, params: { l2: "0.5" } });
  } catch (error) {
    ({ differences } = (error as SluiceError).facts as { differences: typeof differences });
  }
  expect(differences.map(({ name }) => name)).toContain("--no-header");
  expect(differences.map(({ name }) => name)).toContain("--quoting");
  for (const { name } of differences) expect(flags).toContain(name.split(" ")[0]);
});
