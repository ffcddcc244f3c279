import { expect, test } from "vitest";
import type { Underway } from "../../contract.js";
import { Work } from "./work.js";

const stage = (stageId: number, numTasks: number, completed: number, bytes = 0) => ({
  stageId: BigInt(stageId),
  numTasks: BigInt(numTasks),
  numCompletedTasks: BigInt(completed),
  inputBytesRead: BigInt(bytes),
  done: completed === numTasks,
});

test("work is summed over what runs now, and counted over what ever ran", () => {
  const work = new Work();
  const told: (Underway | undefined)[] = [];
  work.listener = (underway) => told.push(underway);

  const one = work.begin();
  one.tell([]);
  expect(told.at(-1)).toBeUndefined();
  one.tell([stage(7, 4, 4, 100), stage(8, 10, 3, 50), stage(9, 2, 0)]);
  expect(told.at(-1)).toEqual({ stage: 2, stages: 3, tasksDone: 7, tasks: 16, inputBytes: 150 });

  const other = work.begin();
  other.tell([stage(20, 5, 1)]);
  expect(told.at(-1)).toEqual({ stage: 2, stages: 4, tasksDone: 8, tasks: 21, inputBytes: 150 });
  one.end();
  expect(told.at(-1)).toEqual({ stage: 1, stages: 1, tasksDone: 1, tasks: 5, inputBytes: 0 });
  other.tell([stage(20, 5, 5)]);
  expect(told.at(-1)).toMatchObject({ stage: 1, stages: 1, tasksDone: 5 });
  other.end();
  expect(told.at(-1)).toBeUndefined();

  expect(work.operations).toBe(2);
  expect(work.totals).toEqual({ stages: 4, tasks: 21, inputBytes: 150 });
});
