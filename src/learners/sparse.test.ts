import { describe, expect, test } from "vitest";
import { resolveParams } from "../base/params.js";
import { generator } from "../base/seeds.js";
import { hash31 } from "../expr/evaluate/text.js";
import { evaluate } from "../expr/evaluate.js";
import { countSlots, eachSlot, packCounts, packSlots } from "../expr/slots.js";
import type { TermWeights } from "../expr/terms.js";
import { ftrlReference } from "../kernels/ftrl.reference.js";
import { kernelsOf } from "../kernels/index.js";
import { Arena } from "../pages/arena.js";
import { slotScores } from "./passes/slot-scores.js";
import { sparseLinear } from "./sparse-linear.js";
import { sparseLogistic } from "./sparse-logistic.js";
import { memoryData } from "./testing.js";

const rows = 2000;
const next = generator(3);
const draw = (n: number): number[] => Array.from({ length: rows }, () => Math.floor(next() * n));
const [a, b] = [draw(4), draw(4)];
/** Hash codes of four values, the first of them missing. */
const codes = (values: readonly number[]): number[] => values.map((v) => (v === 0 ? -1 : (v * 0x3243f6a9) % 2 ** 31));
const number = a.map((_, i) => (i % 5 === 0 ? Number.NaN : Math.round(next() * 64 - 16) / 4));

describe("sparseLogistic", () => {
  const label = a.map((value, i) => +(value % 2 === b[i]! % 2));
  const table = { numbers: [], hashed: [codes(a), codes(b)], label, task: "binary", pageRows: 256 } as const;
  const errors = async (interactions: string): Promise<number> => {
    const data = memoryData(table);
    const state = await sparseLogistic.fit(
      data,
      { ...resolveParams("s", sparseLogistic.params), bits: 12, interactions },
      1,
    );
    const [margins] = data.scores(
      slotScores,
      sparseLogistic.scorer(state, data.blocks, data.layout, "binary", 2).params as never,
    );
    return margins!.filter((margin, i) => +(margin > 0) !== label[i]).length / rows;
  };

  test("learns what two features only say together from their pair", async () => {
    expect(await errors("h0 * h1")).toBe(0);
    expect(await errors("all")).toBe(0);
    expect(await errors("")).toBeGreaterThan(0.3);
  });

  test("names the hashed features where a pair has none", async () => {
    await expect(errors("h0 * site")).rejects.toThrow(/"h0 \* site" is no pair of hashed features.*h0, h1/);
  });

  test("leaves more weights at 0 under a larger l1", async () => {
    const weights = async (l1: number): Promise<number> => {
      const noise = codes(draw(1000));
      const given = { ...resolveParams("s", sparseLogistic.params), bits: 14, passes: 1, l1 };
      const state = await sparseLogistic.fit(memoryData({ ...table, hashed: [codes(a), noise] }), given, 1);
      return countSlots(state.hashed[0]!);
    };
    expect(await weights(2)).toBeLessThan((await weights(0)) / 4);
  });

  test("gives a rare class the weight of a common one when they are balanced", async () => {
    const rare = a.map((_, i) => +(i % 20 === 0));
    const margin = async (classWeight: "none" | "balanced"): Promise<number> => {
      const data = memoryData({ ...table, hashed: [a.map(() => 5)], label: rare });
      const state = await sparseLogistic.fit(
        data,
        { ...resolveParams("s", sparseLogistic.params), bits: 8, classWeight },
        1,
      );
      return data.scores(
        slotScores,
        sparseLogistic.scorer(state, data.blocks, data.layout, "binary", 2).params as never,
      )[0]![0]!;
    };
    // log(1 / 19) = -2.9; FTRL stops short of the optimum by the pull of its last rows.
    expect(Math.abs((await margin("none")) + 2.94)).toBeLessThan(0.3);
    expect(Math.abs(await margin("balanced"))).toBeLessThan(0.3);
  });
});

describe.each([
  { learner: sparseLinear, task: "regression", label: a.map((value, i) => 100 + 3 * value - b[i]!) },
  { learner: sparseLogistic, task: "multiclass", label: a.map((value, i) => (value + b[i]!) % 3) },
] as const)("$learner.name for $task", ({ learner, task, label }) => {
  const table = {
    numbers: [number],
    coding: [{ shift: 2, exponent: -1 }],
    categories: [{ codes: b.map((value) => value - 1), width: 3 }],
    hashed: [codes(a), codes(b)],
    label,
    task,
    pageRows: 256,
  };
  const fitted = (data: ReturnType<typeof memoryData>, shards: number) =>
    learner.fit(data, { ...resolveParams("s", learner.params), bits: 10, interactions: "h0 * h1", shards } as never, 1);

  test("scores a row alike by formula and by kernel, in one shard and in three", async () => {
    for (const shards of [1, 3]) {
      const data = memoryData(table);
      const state = await fitted(data, shards);
      const { params } = learner.scorer(state, data.blocks, data.layout, task, data.classes);
      const outputs = data.scores(slotScores, params as never);
      const formulas = Object.values(learner.score(state, data.blocks, task, data.classes));
      for (let i = 0; i < 60; i++) {
        const h = [codes(a)[i]!, codes(b)[i]!].map((code) => (code < 0 ? null : code));
        const row = { x0: number[i]!, c0: b[i] === 0 ? null : `l${b[i]! - 1}`, h0: h[0]!, h1: h[1]! };
        // Tables and scaled numbers are float32 in the kernel.
        for (const [k, formula] of formulas.entries())
          expect(Math.abs((evaluate(formula, row) as number) - outputs[k]![i]!)).toBeLessThan(
            1e-6 * (1 + Math.abs(outputs[k]![i]!)),
          );
      }
    }
  });
});

describe("texts", () => {
  const words = (count: number, of: number): number[] =>
    Array.from({ length: count }, () => hash31(`w${Math.floor(next() * of)}`));
  const plain: TermWeights = { bits: 12, signed: false, count: "log", norm: "l2" };
  const documents = {
    rows: 100,
    counts: packCounts(Array.from({ length: 4096 }, (_, i) => i % 100)),
    least: 2,
    most: 90,
  };
  const body = a.map((value) => [hash31(`topic${value}`), ...words(Math.floor(next() * 30), 500)]);
  const title = b.map((value, i) =>
    i % 9 === 0 ? [] : [hash31(`kind${value}`), hash31(`kind${value}`), ...words(2, 9)],
  );
  const table = {
    numbers: [number],
    categories: [{ codes: b.map((value) => value - 1), width: 3 }],
    hashed: [codes(b)],
    texts: [
      { codes: body, terms: plain },
      { codes: title, terms: { ...plain, bits: 9, signed: true, documents } },
    ],
    pageRows: 256,
  };
  const label = {
    binary: a.map((value) => +(value > 1)),
    multiclass: a,
    regression: a.map((value) => 10 * value - 5),
  };
  const params = { ...resolveParams("s", sparseLogistic.params), bits: 8 };

  test.each([
    ["binary", sparseLogistic],
    ["multiclass", sparseLogistic],
    ["regression", sparseLinear],
  ] as const)("are scored alike by formula and by kernel: %s", async (task, learner) => {
    const data = memoryData({ ...table, label: label[task], task });
    const state = await learner.fit(data, { ...params, passes: 3 } as never, 1);
    const outputs = data.scores(
      slotScores,
      learner.scorer(state, data.blocks, data.layout, task, data.classes).params as never,
    );
    const formulas = Object.values(learner.score(state, data.blocks, task, data.classes));
    for (let i = 0; i < 60; i++) {
      const row = {
        x0: number[i]!,
        c0: b[i] === 0 ? null : `l${b[i]! - 1}`,
        h0: b[i] === 0 ? null : codes(b)[i]!,
        t0: body[i]!,
        t1: title[i]!,
      };
      for (const [k, formula] of formulas.entries())
        expect(Math.abs((evaluate(formula, row) as number) - outputs[k]![i]!)).toBeLessThan(
          2e-6 * (1 + Math.abs(outputs[k]![i]!)),
        );
    }
  });

  test("weigh all classes the same when they are balanced", async () => {
    const rare = a.map((_, i) => (i % 20 === 0 ? 2 : i % 4 === 0 ? 1 : 0));
    const texts = [{ codes: a.map(() => [7, 7, 8]), terms: plain }];
    const data = memoryData({ numbers: [], texts, label: rare, task: "multiclass", pageRows: 256 });
    const state = await sparseLogistic.fit(data, { ...params, classWeight: "balanced" }, 1);
    const { params: scoring } = sparseLogistic.scorer(state, data.blocks, data.layout, "multiclass", 3);
    const margins = data.scores(slotScores, scoring as never).map((output) => output[0]!);
    // Unbalanced they would lie log(15) = 2.7 apart.
    expect(Math.max(...margins) - Math.min(...margins)).toBeLessThan(0.5);
  });

  test.each([
    512, // each page has one topic, and four of them are learned from in turn
    64, // four pages that follow each other have one topic, so pages are taken from all parts
  ])("in files sorted by their label teach as those that are not, in pages of %i rows", async (pageRows) => {
    const order = a.map((_, i) => i).sort((i, j) => a[i]! - a[j]!);
    const texts = [{ codes: order.map((i) => body[i]!), terms: plain }];
    const label = order.map((i) => a[i]!);
    const data = memoryData({ numbers: [], texts, label, task: "multiclass", pageRows });
    const state = await sparseLogistic.fit(data, { ...params, passes: 1 }, 1);
    const { params: scoring } = sparseLogistic.scorer(state, data.blocks, data.layout, "multiclass", 4);
    const outputs = data.scores(slotScores, scoring as never);
    const wrong = label.filter((value, i) => outputs.some((output) => output[i]! > outputs[value]![i]!));
    expect(wrong.length).toBeLessThan(rows / 20);
  });

  test("tell what their words say", async () => {
    const data = memoryData({ ...table, numbers: [], categories: [], hashed: [], label: a, task: "multiclass" });
    const state = await sparseLogistic.fit(data, params, 1);
    const { params: scoring } = sparseLogistic.scorer(state, data.blocks, data.layout, "multiclass", 4);
    const outputs = data.scores(slotScores, scoring as never);
    const wrong = a.filter((value, i) => outputs.some((output) => output[i]! > outputs[value]![i]!));
    expect(wrong.length).toBeLessThan(rows / 50);
    expect(state.hashed).toEqual([]);
  });

  test("may have more words than are listed at a time", async () => {
    const long = body.slice(0, 60).map((row, i) => (i % 10 === 0 ? [...row, ...words(29_000, 90_000)] : row));
    const texts = [{ codes: long, terms: { ...plain, bits: 17 } }];
    const data = memoryData({ numbers: [], texts, label: a.slice(0, 60), task: "multiclass", pageRows: 64 });
    const state = await sparseLogistic.fit(data, { ...params, passes: 2 }, 1);
    const { params: scoring } = sparseLogistic.scorer(state, data.blocks, data.layout, "multiclass", 4);
    const outputs = data.scores(slotScores, scoring as never);
    const formulas = Object.values(sparseLogistic.score(state, data.blocks, "multiclass", 4));
    for (const [i, codes] of long.entries())
      for (const [k, formula] of formulas.entries())
        expect(Math.abs((evaluate(formula, { t0: codes }) as number) - outputs[k]![i]!)).toBeLessThan(1e-5);
    expect(countSlots(state.texts![0]![0]!)).toBeGreaterThan(100);
  });

  test("make no room for hash codes that are not there", () => {
    const { blocks } = memoryData({ ...table, hashed: [], label: a, task: "multiclass" });
    const weights = (4096 + 512) * (8 * 4 + 4 * 4);
    const few = sparseLogistic.memory!(params, 4, blocks);
    expect(few).toBeGreaterThan(weights);
    expect(sparseLogistic.memory!({ ...params, bits: 26 }, 4, blocks)).toBe(few);
    expect(sparseLogistic.memory!(params, 4, blocks, 100)).toBeGreaterThan(few);
    expect(sparseLogistic.memory!({ ...params, bits: 0 }, 20)).toBeLessThan(
      2 * sparseLogistic.memory!({ ...params, bits: 0 }, 1),
    );
  });
});

describe("ftrlRows", () => {
  test("learns as its reference does", () => {
    const arena = new Arena(2 ** 20);
    const kernels = kernelsOf(arena);
    const [size, width, params] = [50, 8, { rate: 0.3, beta: 1, l1: 0.2, l2: 0.1 }];
    const list = Array.from({ length: 400 }, () => ({
      // No slot twice in a row: the kernel takes four at a time, and then the last of them would count alone.
      slots: Array.from({ length: width }, (_, f) => f * 6 + Math.floor(next() * 6)),
      values: Array.from({ length: width }, () => Math.round(next() * 8) / 8),
      label: +(next() < 0.3),
    }));
    const state = arena.take(size * 8);
    const slots = arena.i32(400 * width);
    const values = arena.f32(400 * width);
    const starts = arena.i32(401);
    starts.set(Array.from({ length: 401 }, (_, i) => i * width));
    const [y, w] = [arena.f64(400), arena.f64(400).fill(1)];
    slots.set(list.flatMap((row) => row.slots));
    values.set(list.flatMap((row) => row.values));
    y.set(list.map((row) => row.label));
    const [bias, scratch, sums, out] = [arena.f32(2), arena.f32(width), arena.f64(2), arena.f32(2 * size)];
    const { rate, beta, l1, l2 } = params;
    const at = (view: { readonly byteOffset: number }): number => view.byteOffset;
    kernels.ftrlRows(
      state,
      at(slots),
      at(values),
      at(starts),
      400,
      at(y),
      at(w),
      at(bias),
      at(scratch),
      rate,
      beta,
      l1,
      l2,
      0,
      at(sums),
    );
    kernels.ftrlWeights(state, 0, size, 1, 0, rate, beta, l1, l2, at(out));
    const { weights } = ftrlReference(list, size, params);
    // 400 rows of float32 steps beside float64.
    for (const [slot, weight] of weights.entries()) expect(Math.abs(out[2 * slot]! - weight)).toBeLessThan(1e-4);
    expect(weights.filter((weight) => weight !== 0).length).toBeGreaterThan(20);
    expect(sums[1]).toBe(400);
  });
});

describe("packSlots", () => {
  test("keeps the values that are not 0, with gaps of any length", () => {
    const dense = new Float32Array(300_000);
    const some = new Map([
      [0, 1.5],
      [1, -2],
      [129, 0.25],
      [20_000, 3],
      [299_999, -0.5],
    ]);
    for (const [slot, value] of some) dense[slot] = value;
    const found = new Map<number, number>();
    const table = packSlots(dense);
    eachSlot(table, (slot, value) => found.set(slot, value));
    expect(found).toEqual(some);
    expect(table.places.length).toBe(1 + 1 + 1 + 3 + 3);
  });
});
