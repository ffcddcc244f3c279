import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hashOf } from "../../src/base/canonical.js";
import { generator, permutation } from "../../src/base/seeds.js";
import type { Task } from "../../src/learners/contract.js";
import { learners } from "../../src/learners/index.js";
import type { Model } from "../../src/model/model.js";
import { type Scored, scoreRow } from "../../src/predict/one.js";
import { homeAt } from "../../src/runs/home.js";
import type { TrainSpec } from "../../src/train/spec.js";
import { trainModel } from "../../src/train/train.js";
import { Workspace } from "../../src/workspace/workspace.js";

// What must not change a model does not: every learner of the registry is trained on a table and on the same table written otherwise, and
// gives the same answers. A new learner is held to `strict` by being in the registry; what it cannot keep it says in `habits`, with why.

type Cell = number | string | null;
type Row = Readonly<Record<string, Cell>>;
type Table = readonly Row[];

const labels: Readonly<Record<Task, string>> = { binary: "label", multiclass: "kind", regression: "target" };
const features = ["a", "b", "c"];
const pageRows = 64;

/** Five pages of rows: numbers with gaps, levels, a weight, and a label for each task. The id decides the split. */
const table: Table = (() => {
  const next = generator(17);
  return Array.from({ length: 320 }, (_, i) => {
    const [a, b] = [Math.round(next() * 1e6) / 1e5, next() < 0.08 ? null : Math.round((next() - 0.5) * 1e6) / 1e6];
    const c = "wxyz"[Math.floor(next() * 4)]!;
    const margin = 0.4 * a - 2 + 3 * (b ?? 0) + (c === "y" ? 1 : 0);
    return {
      id: `r${i}`,
      a,
      b,
      c,
      w: 1 + Math.floor(next() * 3),
      label: next() < 1 / (1 + Math.exp(-margin)) ? "yes" : "no",
      kind: ["high", "low", "mid"][margin + next() > 1 ? 0 : margin + next() < -0.5 ? 1 : 2]!,
      target: Math.round((margin + next()) * 1e6) / 1e6,
    };
  });
})();

/** How far answers may be apart: of a probability, or of a number over the label's spread (about 2). */
interface Room {
  /** The largest difference of one row, and of the mean over rows. */
  readonly most: number;
  readonly mean: number;
}
const strict: Room = { most: 1e-6, mean: 1e-6 };

interface Habit {
  /** Few trees, no draws of rows or features. */
  readonly params?: Record<string, number>;
  /** With these, a row of weight 2 is two rows: no penalty of one row's worth, no least number of rows. */
  readonly asCounts?: Record<string, number>;
  /** Where answers may be further apart than `strict`, and why. */
  readonly room?: Readonly<Record<string, Room>>;
  /** What it makes no promise of, and why. */
  readonly leaves?: Readonly<Record<string, string>>;
}
// Two splits of equal gain: the one of the first column is taken, and the rows between them follow. So few rows move, but far.
const ties: Room = { most: 1, mean: 0.05 };
// Gradients are rounded by a hash of where a row stands: leaves move a little with it, and with twice the rows now and then a split.
const rounding: Room = { most: 1e-3, mean: 1e-4 };
const roundingOfMore: Room = { most: 0.25, mean: 0.04 };
// Steps follow the order of the rows: another order is another walk to about the same place.
const walk: Room = { most: 1, mean: 0.25 };
const sparse: Habit = {
  params: { bits: 12 },
  room: { "permuted rows": walk, "one file cut into many": walk, "rows as often as they weigh": walk },
  leaves: {
    "shifted and scaled features": "numbers stand in bins of their logarithm, so their unit matters",
    "another constant column": "columns are taken without a look at their values",
  },
};
const habits: Readonly<Record<string, Habit>> = {
  linear: { asCounts: { penalty: 0 } },
  logistic: { asCounts: { penalty: 0 } },
  boosting: {
    params: { trees: 6, rowSample: 1 },
    asCounts: { minLeafRows: 1, minLeafHessian: 0, l2: 0 },
    room: {
      "permuted rows": rounding,
      "one file cut into many": rounding,
      "rows as often as they weigh": roundingOfMore,
    },
  },
  forest: {
    params: { trees: 4, rowSample: 1, featureSample: 1 },
    room: { "permuted columns": ties },
    leaves: { "rows as often as they weigh": "each tree draws rows, and a row that stands twice is drawn twice" },
  },
  tree: { asCounts: { minLeafRows: 1 }, room: { "permuted columns": ties } },
  sgd: {
    room: {
      "permuted rows": walk,
      "rows as often as they weigh": walk,
      // The length of a step comes from an estimate that begins at the first column.
      "permuted columns": { most: 2e-3, mean: 1e-3 },
    },
  },
  sparseLinear: sparse,
  sparseLogistic: sparse,
};
const habitOf = (name: string): Habit => habits[name] ?? {};

let dir: string;
let one: Workspace;
let other: Workspace;
let count = 0;
let free: number;

const open = (name: string, memoryBytes: number, threads: number): Promise<Workspace> =>
  Workspace.open({ memoryBytes, threads, home: homeAt({ home: join(dir, name), cache: join(dir, `${name}-cache`) }) });
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "sluice-metamorphic-"));
  one = await open("one", 1e9, 1);
  free = one.ledger.freeBytes;
  other = await open("other", 360e6, 3);
});
afterAll(async () => {
  await one?.[Symbol.asyncDispose]();
  await other?.[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

function file(rows: Table, columns = Object.keys(rows[0]!)): string {
  const path = join(dir, `t${count++}.csv`);
  writeFileSync(
    path,
    `${[columns, ...rows.map((row) => columns.map((name) => row[name] ?? ""))].map((line) => line.join(",")).join("\n")}\n`,
  );
  return path;
}

interface Case {
  readonly name: string;
  readonly task: Task;
}
const cases: readonly Case[] = learners.flatMap(({ name, tasks }) => tasks.map((task) => ({ name, task })));

interface Way {
  readonly rows?: Table;
  readonly sources?: readonly string[];
  readonly columns?: readonly string[];
  readonly workspace?: Workspace;
  readonly spec?: Partial<TrainSpec>;
  readonly params?: Record<string, number>;
  /** A row as the model of the other table wants it. */
  readonly ask?: (row: Row) => Row;
}

async function trained(
  { name, task }: Case,
  { rows = table, sources, columns, workspace = one, spec, params }: Way,
): Promise<Model> {
  const label = labels[task];
  const given: TrainSpec = {
    sources: sources ?? [file(rows, columns as string[] | undefined)],
    label,
    task,
    learner: name,
    params: { ...habitOf(name).params, ...params },
    drop: Object.values(labels)
      .filter((each) => each !== label)
      .concat(spec?.weight ? [] : "w"),
    id: "id",
    pageRows,
    ...spec,
  };
  return (await trainModel(given, workspace)).model;
}

const shown = new Set(features);
const asked = (row: Row): Row => Object.fromEntries(Object.entries(row).filter(([name]) => shown.has(name)));
const numbersOf = ({ prediction, probability, probabilities }: Scored): number[] =>
  probabilities ? Object.values(probabilities) : [probability ?? (prediction as number)];

function answers(model: Model, ask: (row: Row) => Row = (row) => row): number[][] {
  const score = scoreRow(model);
  return table.map((row) => numbersOf(score(ask(asked(row)))));
}

function near(found: number[][], right: number[][], { most, mean }: Room): void {
  const far = found.map((numbers, i) => Math.max(...numbers.map((number, k) => Math.abs(number - right[i]![k]!))));
  const measured = { most: Math.max(...far), mean: far.reduce((sum, each) => sum + each, 0) / far.length };
  expect(
    measured.most <= most && measured.mean <= mean,
    `${JSON.stringify(measured)} beyond ${JSON.stringify({ most, mean })}`,
  ).toBe(true);
}

const map = (change: (row: Row, i: number) => Row) => table.map(change);
const renamed = { a: "zeta", b: "B 2", c: "alpha" } as const;
const moved = (row: Row): Row => ({
  ...row,
  ...(row["a"] === undefined ? {} : { a: (row["a"] as number) * 8 + 96 }),
  ...(row["b"] === undefined || row["b"] === null ? {} : { b: (row["b"] as number) / 4 - 3 }),
});
const names = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).map(([name, cell]) => [renamed[name as keyof typeof renamed] ?? name, cell]));
/** A level that says the same in more letters, in the same order: levels that never occur apart are one. */
const longer = (row: Row): Row => ({ ...row, ...(row["c"] === undefined ? {} : { c: `${row["c"]}-${row["c"]}` }) });

describe.each(cases)("$name of a $task label", (learner) => {
  const room = (what: string): Room => habitOf(learner.name).room?.[what] ?? strict;
  let plain: Model;
  let weighed: Model;
  beforeAll(async () => {
    plain = await trained(learner, {});
    weighed = await trained(learner, { spec: { weight: "w" } });
  });

  const keeps = (what: string): boolean => habitOf(learner.name).leaves?.[what] === undefined;
  const ways: [string, Way][] = [
    ["permuted rows", { rows: Array.from(permutation(table.length, 3), (i) => table[i]!) }],
    ["permuted columns", { columns: ["target", "c", "w", "id", "label", "b", "kind", "a"] }],
    ["renamed columns", { rows: map(names), ask: names }],
    ["shifted and scaled features", { rows: map(moved), ask: moved }],
    ["levels in other words", { rows: map(longer), ask: longer }],
  ];
  test.each(ways.filter(([what]) => keeps(what)))("%s", async (what, way) => {
    near(answers(await trained(learner, way), way.ask), answers(plain), room(what));
  });

  test("one file cut into many", async () => {
    const sources = [0, 100, 101, 250].map((from, i, starts) => file(table.slice(from, starts[i + 1])));
    near(answers(await trained(learner, { sources })), answers(plain), room("one file cut into many"));
  });

  test("all weights times a constant", async () => {
    const rows = map((row) => ({ ...row, w: (row["w"] as number) * 8 }));
    const found = await trained(learner, { rows, spec: { weight: "w" } });
    near(answers(found), answers(weighed), room("all weights times a constant"));
  });

  if (keeps("rows as often as they weigh"))
    test("rows as often as they weigh", async () => {
      const params = habitOf(learner.name).asCounts ?? {};
      const often = table.flatMap((row) => Array.from({ length: row["w"] as number }, () => row));
      const counted = await trained(learner, { rows: often, params });
      near(
        answers(counted),
        answers(await trained(learner, { params, spec: { weight: "w" } })),
        room("rows as often as they weigh"),
      );
    });

  test("more threads and a smaller budget", async () => {
    expect((await trained(learner, { workspace: other })).stateHash).toBe(plain.stateHash);
  });

  if (keeps("another constant column"))
    test("another constant column", async () => {
      const found = await trained(learner, { rows: map((row) => ({ ...row, same: 5 })) });
      expect(found.stateHash).toBe(plain.stateHash);
    });

  if (learner.task !== "regression")
    test("classes by other names", async () => {
      const other: Record<string, Cell> = { no: 0, yes: 1, high: 3, low: 4, mid: 5 };
      const label = labels[learner.task];
      const found = await trained(learner, { rows: map((row) => ({ ...row, [label]: other[row[label]!]! })) });
      expect(hashOf(found.state)).toBe(hashOf(plain.state));
      expect(answers(found)).toEqual(answers(plain));
    });
});

test("a workspace has its memory back after all these trainings", () => {
  expect(one.ledger.freeBytes).toBe(free);
});
