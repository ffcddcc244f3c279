import { expect, test } from "vitest";
import type { PageLayout } from "./page.js";
import { WorkerPool } from "./pool.js";

const layout: PageLayout = { columns: [], pageRows: 8 };
const files = { features: { layout }, side: { layout } };
/** Takes every message and never comes back to the next one. */
const deaf = new URL(
  `data:text/javascript,${encodeURIComponent('import { parentPort } from "node:worker_threads"; parentPort.on("message", ({ type }) => { while (type === "ask" || type === "fold" || type === "page"); });')}`,
);

const questions: Readonly<Record<string, (pool: WorkerPool) => Promise<unknown>>> = {
  "a pass over a page": (pool) => pool.run([], [{ index: 0 }]),
  "a question to kept rows": async (pool) => {
    await pool.run([], [], {
      keep: { id: 1, name: "k", params: {}, rows: { train: 1, validation: 2 }, room: () => ({}) as never },
    });
    await pool.ask(1, "anything", {});
  },
  "a walk over pages": (pool) => pool.fold({ name: "f", params: {}, rows: 1 }, new Float64Array(1), new Uint32Array(1)),
};

test.each(Object.keys(questions))("an abort ends %s on a worker that never answers", async (name) => {
  const controller = new AbortController();
  const pool = new WorkerPool(deaf, 2, {}, controller.signal);
  pool.open(files, 1 << 16, false);
  const asked = questions[name]!(pool);
  setTimeout(() => controller.abort(new Error("enough")), 100);
  await expect(asked).rejects.toThrow("enough");
  await pool[Symbol.asyncDispose]();
  await expect(questions[name]!(pool)).rejects.toThrow("enough");
});
