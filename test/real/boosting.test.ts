import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fixedSplit, judged, mod5, real } from "./real.js";

const boosted = ["--learner", "boosting"];
const more = (...given: readonly string[]): string[] => given.flatMap((param) => ["--param", param]);

real("adult", "adult, given split, boosted", (where, at) => {
  const names =
    "age,workclass,fnlwgt,education,education_num,marital_status,occupation,relationship,race,sex,capital_gain,capital_loss,hours_per_week,native_country,income";
  test("on defaults", async () => {
    const rows = [join(where, "adult.data"), "--format", "csv", "--columns", names, "--no-header"];
    const task = ["--label", "replace(trim(income), '.', '')", "--test", join(where, "adult.test")];
    const { auc } = await judged(at(), ...rows, ...task, ...boosted);
    expect(auc).toBeGreaterThanOrEqual(0.924);
  });
});

real("california-housing", "california-housing, mod5, boosted", (where, at) => {
  test("with 300 trees", async () => {
    const [rows, held] = mod5(at(), join(where, "housing.csv"), true);
    const { rmse } = await judged(
      at(),
      rows,
      "--label",
      "median_house_value",
      "--test",
      held,
      ...boosted,
      ...more("trees=300"),
    );
    expect(rmse).toBeLessThanOrEqual(48_500);
  });
});

real("covtype-20k", "covtype-20k, mod5, boosted", (where, at) => {
  test("with 200 trees a class", { timeout: 180_000 }, async () => {
    const [rows, held] = mod5(at(), join(where, "covtype.20k.data"), false);
    const names = Array.from({ length: 55 }, (_, i) => (i < 54 ? `c${i}` : "cover")).join(",");
    const columns = ["--no-header", "--columns", names, "--label", "cover", "--test", held];
    const { accuracy } = await judged(at(), rows, ...columns, ...boosted, ...more("trees=200"));
    expect(accuracy).toBeGreaterThanOrEqual(0.88);
  });
});

real("diamonds", "diamonds, mod5, boosted", (where, at) => {
  test("with 200 trees", async () => {
    const [rows, held] = mod5(at(), join(where, "diamonds.csv"), true);
    const { rmse } = await judged(at(), rows, "--label", "price", "--test", held, ...boosted, ...more("trees=200"));
    expect(rmse).toBeLessThanOrEqual(575);
  });
});

real("nyc-taxi-fare", "nyc-taxi-fare, given split, boosted", (where, at) => {
  test("for the median", async () => {
    const [rows, held] = ["train", "test"].map((part) => join(where, `taxi-fare-${part}.csv.gz`));
    const { mae } = await judged(
      at(),
      rows!,
      "--label",
      "fare_amount",
      "--test",
      held!,
      ...boosted,
      ...more("trees=200", "leaves=63", "objective=absolute"),
    );
    expect(mae).toBeLessThanOrEqual(0.56);
  });
});

real("flights", "flights, mod5, boosted", (where, at) => {
  test("with the inputs that are known before departure", async () => {
    const [rows, held] = mod5(at(), join(where, "allyears2k_headers.csv.gz"), true);
    const features = "Year,Month,DayofMonth,DayOfWeek,CRSDepTime,CRSArrTime,Distance,UniqueCarrier,Origin,Dest";
    const { auc } = await judged(
      at(),
      rows,
      "--label",
      "IsDepDelayed",
      "--features",
      features,
      "--test",
      held,
      ...boosted,
    );
    expect(auc).toBeGreaterThanOrEqual(0.77);
  });
});

real("higgs-7k", "higgs-7k, given split, boosted", (where, at) => {
  test("on defaults", async () => {
    const names = ["signal", ...Array.from({ length: 28 }, (_, i) => `x${i}`)].join(",");
    const columns = ["--format", "csv", "--delimiter", "\\t", "--no-header", "--columns", names, "--label", "signal"];
    const [rows, held] = ["train", "test"].map((part) => join(where, `binary.${part}`));
    const { auc } = await judged(at(), rows!, ...columns, "--test", held!, ...boosted);
    expect(auc).toBeGreaterThanOrEqual(0.81);
  });
});

real("kdd99", "kdd99, given split, attack or not, boosted", (where, at) => {
  test("with 30 trees", { timeout: 180_000 }, async () => {
    const names = readFileSync(join(where, "columns.txt"), "utf8").trim().replaceAll("\n", ",");
    const columns = ["--format", "csv", "--no-header", "--columns", names, "--label", "label <> 'normal.'"];
    const [rows, held] = ["kddcup.data_10_percent.gz", "corrected.gz"].map((file) => join(where, file));
    const { accuracy } = await judged(at(), rows!, ...columns, "--test", held!, ...boosted, ...more("trees=30"));
    expect(accuracy).toBeGreaterThanOrEqual(0.92);
  });
});

real("protein-casp", "protein-casp, five fixed splits, boosted", (where, at) => {
  test("with 60 trees of 255 leaves: 3.59, where 500 of 63 have 3.56 in five times the time", {
    timeout: 240_000,
  }, async () => {
    const names = [...Array.from({ length: 9 }, (_, i) => `f${i}`), "rmsd"].join(",");
    const columns = ["--delimiter", " ", "--no-header", "--columns", names, "--label", "rmsd"];
    const errors: number[] = [];
    for (let split = 0; split < 5; split++) {
      const [rows, held] = fixedSplit(at(), where, split);
      const size = more("trees=60", "leaves=255", "learningRate=0.2");
      const { rmse } = await judged(at(), rows, ...columns, "--test", held, ...boosted, ...size);
      errors.push(rmse);
    }
    expect(errors.reduce((sum, error) => sum + error, 0) / 5).toBeLessThanOrEqual(3.7);
  });
});
