import { expect, test } from "vitest";
import { breathing } from "./breath.js";

test("long work lets what waits in, at once and then now and then, and stops where it was asked to", async () => {
  const controller = new AbortController();
  const breath = breathing(controller.signal, 3_600_000);
  const heard: string[] = [];
  setImmediate(() => heard.push("a signal"));
  await breath();
  expect(heard).toEqual(["a signal"]);
  expect(breath()).toBeUndefined();
  const often = breathing(controller.signal, 0);
  await often();
  controller.abort(new Error("asked to stop"));
  await expect(often()).rejects.toThrow("asked to stop");
});
