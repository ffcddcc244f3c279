import { generator } from "../../src/base/seeds.js";
import type { Metrics } from "../../src/metrics/contract.js";
import { metricSet } from "../../src/metrics/index.js";
import type { ReportInput, ReportInsight } from "../../src/report/input.js";

const normalOf = (next: () => number): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

function judged(
  task: ReportInput["task"],
  classes: number,
  rows: number,
  row: (next: () => number) => [outputs: number[], label: number],
  seed: number,
): Metrics {
  const set = metricSet(task, classes);
  const outputs = task === "multiclass" ? classes : 1;
  const next = generator(seed);
  const out = new Float64Array(outputs * rows);
  const label = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const [values, y] = row(next);
    values.forEach((value, k) => {
      out[k * rows + i] = value;
    });
    label[i] = y;
  }
  const sum = new Float64Array(set.length);
  set.add(sum, out, label, new Float64Array(rows).fill(1), rows);
  return set.finish(sum);
}

const flight = (next: () => number): [number[], number] => {
  const margin = -1.5 + 0.75 * normalOf(next);
  return [[margin], next() < 1 / (1 + Math.exp(-margin - 0.15 * Math.sin(3 * margin))) ? 1 : 0];
};
const baseRate = (next: () => number): [number[], number] => [[-1.39], flight(next)[1]];

const reality = {
  seconds: 18.4,
  bytesRead: 412e6,
  peakRssBytes: 438e6,
  budgetBytes: 512e6,
  passes: 6,
  spillBytes: 0,
  threads: 2,
};

const grid = Array.from({ length: 20 }, (_, i) => i);
const insight = (partial: ReportInsight["partial"], metric: string): ReportInsight => ({
  split: "validation",
  rows: 1428,
  repeats: 5,
  metric,
  columns: 61,
  importance: [
    { column: "date", change: 0.71, loss: 0.0512, spread: 0.0021 },
    { column: "destination_airport_with_a_very_long_column_name_indeed", change: 0.2, loss: 0.0111, spread: 0.003 },
    ...grid.map((i) => ({ column: `c${i}`, change: 0.01, loss: 0.001 / (i + 1) - 0.0002, spread: 0.0004 })),
  ],
  partial,
});

/** Reports as a training would ask for them: numbers are made up, metrics are computed. */
export const samples: Readonly<Record<"binary" | "multiclass" | "regression" | "bare", ReportInput>> = {
  binary: {
    model: "late/2",
    task: "binary",
    label: "delay > 15",
    classes: ["false", "true"],
    learner: "logistic",
    params: { penalty: 0, l1Ratio: 0, iterations: 50 },
    created: "2026-11-21T14:30:05.123Z",
    sources: ["flights-3m.parquet"],
    rows: {
      read: 3_000_000,
      train: 1_920_412,
      validation: 480_103,
      test: 599_000,
      setAside: 0,
      unlabelled: 485,
      filtered: 0,
      sampledOut: 0,
    },
    split: "Validation and test rows are later in time than all training rows: those from 2001-03-02 on.",
    columns: [
      {
        column: "date",
        type: "timestamp",
        use: "number",
        reason: "parts of the date: hour, weekday, month, each as sine and cosine",
        missing: 0,
      },
      { column: "delay", type: "int64", use: "dropped", reason: "the label is made of it", missing: 0.00016 },
      { column: "distance", type: "int64", use: "number", reason: "standardised; no missing values", missing: 0 },
      { column: "origin", type: "text", use: "category", reason: "305 values, one weight each", missing: 0 },
      {
        column: "destination_airport_with_a_very_long_column_name_indeed",
        type: "text",
        use: "category",
        reason:
          "307 values, one weight each; values that were seen fewer than 20 times share the weight of unseen ones",
        missing: 0.0121,
      },
    ],
    assumed: [
      "the time zone of date is the one of the machine that wrote it (none is given): --timezone to change it",
      "an empty cell, NA and NULL mean missing",
    ],
    warnings: [
      {
        code: "leak",
        message:
          "date predicts the label suspiciously well by itself (AUC 0.68): it looks like the actual departure, not the planned one. Use --drop date if it is not known in time.",
      },
      { code: "rare", message: "4 origins have fewer than 20 rows." },
    ],
    plan: { seconds: [12, 26], bytes: 390e6, peakBytes: 460e6, passes: 6, spillBytes: 0 },
    reality,
    steps: [0.5213, 0.4821, 0.4713, 0.46981, 0.46975, 0.469748].map((loss, i) => ({
      step: i + 1,
      loss,
      ...(i === 5 ? { note: "converged: the gradient is below 1e-6" } : {}),
    })),
    quality: {
      validation: { model: judged("binary", 2, 20_000, flight, 1), baseline: judged("binary", 2, 20_000, baseRate, 1) },
      test: { model: judged("binary", 2, 30_000, flight, 2), baseline: judged("binary", 2, 30_000, baseRate, 2) },
    },
    effects: [
      { feature: "hour of date (sine)", coefficient: -0.8123, standardised: -0.531, error: 0.004 },
      { feature: "origin", level: "ORD", coefficient: 0.612, standardised: 0.142, error: 0.011 },
      { feature: "distance", coefficient: 0.000061, standardised: 0.0353, error: 0.0000042 },
      {
        feature: "destination_airport_with_a_very_long_column_name_indeed",
        level: "a level that is long as well",
        coefficient: -0.3,
        standardised: -0.02,
        error: 0.21,
      },
      ...Array.from({ length: 30 }, (_, i) => ({
        feature: "origin",
        level: `X${i}`,
        coefficient: 0.1 / (i + 1),
        standardised: 0.018 / (i + 1),
        error: 0.02,
      })),
    ],
    insight: insight(
      [
        {
          column: "date",
          names: ["true"],
          form: "time",
          mean: [0.21],
          points: grid.map((i) => ({ at: 11_323 + 9 * i, text: `day ${i}`, answers: [0.2 + 0.1 * Math.sin(i)] })),
        },
        {
          column: "destination_airport_with_a_very_long_column_name_indeed",
          names: ["true"],
          form: "number",
          mean: [0.21],
          points: [
            ...grid.map((i) => ({ at: 120 * i * i, text: String(120 * i * i), answers: [0.15 + 0.01 * i] })),
            { text: "missing", answers: [0.31] },
          ],
        },
        {
          column: "origin",
          names: ["true"],
          form: "level",
          mean: [0.21],
          points: grid.map((i) => ({ text: `X${i}`, answers: [0.2 + 0.005 * i] })),
        },
      ],
      "log loss",
    ),
    slices: [
      {
        column: "weekday",
        metric: "auc",
        split: "test",
        values: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"].map((value, i) => ({
          value,
          rows: 80_000 + 1000 * i,
          model: 0.69 + 0.008 * Math.sin(2 * i),
          interval: [0.685 + 0.008 * Math.sin(2 * i), 0.695 + 0.008 * Math.sin(2 * i)] as const,
          baseline: 0.5,
        })),
      },
    ],
    comparisons: [
      {
        title: "With and without the time of day",
        paragraphs: [
          "The stamps look like the actual departure: flights stamped between 2 and 3 at night are late two times in three. Someone who knows only the timetable would not have it, so both figures are here.",
        ],
        rows: [
          { name: "with the time of day", values: { auc: 0.7125, logLoss: 0.4697, f1: 0.1221 } },
          { name: "without it", values: { auc: 0.6213, logLoss: 0.5011, f1: 0.0311 } },
        ],
      },
    ],
    reproduce: {
      command:
        'sluice train flights-3m.parquet --label "delay > 15" --time date --validate time:0.2 --memory 512MB --seed 7 --name late',
      run: "20261121-143005-a1b2",
      stateHash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      seed: 7,
      data: [
        {
          path: "flights-3m.parquet",
          bytes: 12_345_678,
          fingerprint: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        },
      ],
      versions: { Sluice: "0.1.0", Node: "20.19.0", DuckDB: "1.5.6" },
    },
  },

  multiclass: {
    model: "cover/1",
    task: "multiclass",
    label: "cover_type",
    classes: ["aspen", "cottonwood or willow", "douglas fir", "krummholz", "lodgepole pine"],
    learner: "logistic",
    params: { penalty: 0.001 },
    created: "2026-11-21T14:30:05.123Z",
    sources: ["covtype/*.csv"],
    rows: { read: 20_000, train: 16_000, validation: 4000 },
    columns: [{ column: "elevation", type: "int64", use: "number", reason: "standardised" }],
    assumed: [],
    warnings: [],
    reality,
    steps: [{ step: 1, loss: 1.6 }],
    quality: {
      validation: {
        model: judged(
          "multiclass",
          5,
          4000,
          (next) => {
            const own = Math.floor(5 * next() * next());
            return [Array.from({ length: 5 }, (_, k) => normalOf(next) + (k === own ? 1.8 : 0)), own];
          },
          3,
        ),
      },
    },
    effects: [
      { feature: "elevation", output: 0, coefficient: 0.01, standardised: 2.1 },
      { feature: "elevation", output: 3, coefficient: -0.008, standardised: -1.6 },
    ],
    insight: insight(
      [
        {
          column: "elevation",
          names: ["aspen", "cottonwood or willow", "douglas fir", "krummholz", "lodgepole pine", "spruce", "ponderosa"],
          form: "number",
          mean: [0.1, 0.1, 0.2, 0.2, 0.2, 0.1, 0.1],
          points: grid.map((i) => ({
            at: 1900 + 100 * i,
            text: String(1900 + 100 * i),
            answers: grid.slice(0, 7).map((k) => 0.14 + 0.02 * k * Math.sin(i / 3 + k)),
          })),
        },
        {
          column: "wilderness",
          names: ["aspen", "cottonwood or willow", "douglas fir", "krummholz", "lodgepole pine", "spruce", "ponderosa"],
          form: "level",
          mean: [0.1, 0.1, 0.2, 0.2, 0.2, 0.1, 0.1],
          points: ["0", "1"].map((text, i) => ({ text, answers: grid.slice(0, 7).map((k) => 0.1 + 0.01 * k * i) })),
        },
      ],
      "log loss",
    ),
    reproduce: {
      command: "sluice train 'covtype/*.csv' --label cover_type",
      stateHash: "ab".repeat(32),
      data: [],
      versions: {},
    },
  },

  regression: {
    model: "fare/1",
    task: "regression",
    label: "fare_amount",
    classes: [],
    learner: "linear",
    params: { penalty: 1 },
    created: "2026-11-21T14:30:05.123Z",
    sources: ["taxi-2015-01.parquet", "taxi-2015-02.parquet"],
    rows: { read: 1_000_000, train: 700_000, validation: 200_000, setAside: 12, filtered: 60_000, sampledOut: 39_988 },
    columns: [{ column: "trip_distance", type: "real", use: "number", reason: "standardised" }],
    assumed: [],
    warnings: [{ message: "12 rows did not fit and are kept aside." }],
    reality,
    steps: [],
    quality: {
      validation: {
        model: judged(
          "regression",
          1,
          20_000,
          (next) => {
            const fare = 4 + 8 * -Math.log(1 - next());
            return [[fare * 0.9 + 1.2 + 2 * normalOf(next)], fare];
          },
          4,
        ),
        baseline: judged("regression", 1, 20_000, (next) => [[12], 4 + 8 * -Math.log(1 - next())], 4),
      },
    },
    effects: [{ feature: "trip_distance", coefficient: 2.31, standardised: 7.9, error: 0.01 }],
    insight: insight(
      [
        {
          column: "trip_distance",
          names: ["prediction"],
          form: "number",
          mean: [189_764],
          points: grid.map((i) => ({ at: i / 2, text: String(i / 2), answers: [123_456 + 14_000 * i] })),
        },
      ],
      "rmse",
    ),
    reproduce: {
      command: "sluice train taxi-2015-0*.parquet --label fare_amount",
      stateHash: "cd".repeat(32),
      data: [],
      versions: {},
    },
  },

  /** As little as there can be. */
  bare: {
    model: "model/1",
    task: "binary",
    label: "y",
    classes: ["0", "1"],
    learner: "baseline",
    params: {},
    created: "2026-11-21T14:30:05.123Z",
    sources: ["-"],
    rows: { read: 3, train: 3 },
    columns: [],
    assumed: [],
    warnings: [],
    reality,
    steps: [],
    quality: {},
    effects: [],
    gains: [
      { feature: "x", gain: 3.5, splits: 2 },
      { feature: "nothing", gain: 0, splits: 0 },
    ],
    rules: "x <= 1.5  1,200 rows  0.25\nx > 1.5     800 rows  <3",
    reproduce: { command: "sluice train - --label y", stateHash: "ef".repeat(32), data: [], versions: {} },
  },
};
