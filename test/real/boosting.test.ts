import { join } from "node:path";
import { expect, test } from "vitest";
import { judged, mod5, real } from "./real.js";

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
