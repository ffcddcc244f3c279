import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evaluate, files, formula, linear, logistic, train } from "../../src/index.js";
import { type Desk, desk } from "../support/reading.js";

// Parquet can hold NaN, and means by it what a CSV means by an empty cell. A third of the delays are not known.
const delays = Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? Number.NaN : i % 40));
const known = delays.filter((delay) => !Number.isNaN(delay));

let at: Desk;
let source: ReturnType<typeof files>;
beforeAll(async () => {
  at = await desk();
  source = tableOf("delays.parquet", delays);
});
afterAll(() => at[Symbol.asyncDispose]());

function tableOf(name: string, values: readonly (number | null)[]): ReturnType<typeof files> {
  const column = (name: string, data: (number | null)[]) => ({ name, data, type: "DOUBLE" as const });
  const columnData = [
    column("delay", [...values]),
    column(
      "x",
      values.map((_, i) => (i * 7) % 11),
    ),
    column(
      "z",
      values.map((_, i) => (i * 5) % 9),
    ),
  ];
  return files(at.put(name, new Uint8Array(parquetWriteBuffer({ columnData }))));
}

const place = () => ({ home: at.path("home"), cache: at.path("cache") });

describe("a NaN of a real column", () => {
  test("has no label where the label is a condition, in a training and in an evaluation", async () => {
    const asked = { data: source, label: formula("delay > 15"), learner: logistic(), features: ["x"] };
    const trained = await train({ ...asked, validate: "none", ...place() });
    expect(trained.result.rows).toMatchObject({ unlabelled: 100, train: 200 });
    const judged = await evaluate(trained, source, place());
    expect(judged.rows).toMatchObject({ labelled: 200, unlabelled: 100 });
    expect(judged.model.values["positiveRate"]).toBeCloseTo(known.filter((delay) => delay > 15).length / 200, 12);
  });

  test("has none where the label is the column", async () => {
    const asked = { data: source, label: "delay", task: "regression" as const, learner: linear(), features: ["x"] };
    const trained = await train({ ...asked, validate: "none", ...place() });
    expect(trained.result.rows).toMatchObject({ unlabelled: 100, train: 200 });
    expect((await evaluate(trained, source, place())).rows).toMatchObject({ labelled: 200, unlabelled: 100 });
  });

  test("passes no condition of --where, but the one that asks for it", async () => {
    const read = async (where: string): Promise<number> => {
      const asked = { data: source, label: formula("z > 5"), learner: logistic(), features: ["x"], where };
      const { result } = await train({ ...asked, validate: "none", ...place() });
      return result.rows.train;
    };
    expect(await read("delay > 15")).toBe(known.filter((delay) => delay > 15).length);
    expect(await read("delay <> 1")).toBe(known.filter((delay) => delay !== 1).length);
    expect(await read("is_nan(delay)")).toBe(100);
  });

  test("is as missing in a formula of --features as an empty cell, whatever is asked of it", async () => {
    const empty = tableOf(
      "empty.parquet",
      delays.map((delay) => (Number.isNaN(delay) ? null : delay)),
    );
    for (const features of [
      ["delay > 15", "delay is null", "coalesce(delay, -1) as filled", "if(delay <> 3, 2, x) as either"],
      ["greatest(delay, x) as most", "delay in (1, 2, 3) as few", "oneHot(delay > 15)", "pow(delay, 0) as one", "x"],
      ["onehot(delay)"],
      ["ordinal(delay)", "frequency(delay)", "bucketise(delay)"],
    ]) {
      const fitted = async (data: typeof source) => {
        const asked = {
          data,
          label: formula("z > 5"),
          learner: logistic(),
          features: features.map((one) => formula(one)),
        };
        return train({ ...asked, validate: "none", weight: formula("if(delay > 15, 2, 1)"), ...place() });
      };
      const [nan, none] = [await fitted(source), await fitted(empty)];
      expect(nan.model.features).toEqual(none.model.features);
      expect(nan.result.stateHash).toBe(none.result.stateHash);
    }
  });
});
