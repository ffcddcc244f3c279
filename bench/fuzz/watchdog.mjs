// A loop without end holds the thread that would notice it: another thread looks at the clock.
import { writeSync } from "node:fs";
import { Worker } from "node:worker_threads";

const room = 1 << 20;
const source = `
const { workerData: { state, text, ms } } = require("node:worker_threads");
const [flags, bytes] = [new Int32Array(state), new Uint8Array(text)];
for (;;) {
  const count = Atomics.load(flags, 0);
  if (Atomics.wait(flags, 0, count, count % 2 === 1 ? ms : 1000) === "timed-out" && count % 2 === 1) {
    require("node:fs").writeSync(2, "FAILED: an input took longer than " + ms / 1000 + " s\\n" + Buffer.from(bytes.slice(0, flags[1])) + "\\n");
    process.kill(process.pid, "SIGKILL");
  }
}`;

/** Kills this process when what has begun does not end within so many milliseconds, and says first what it was. */
export function watchdog(ms) {
  const [state, text] = [new SharedArrayBuffer(8), new SharedArrayBuffer(room)];
  const [flags, bytes] = [new Int32Array(state), new Uint8Array(text)];
  const worker = new Worker(source, { eval: true, workerData: { state, text, ms } });
  worker.unref();
  worker.on("error", (error) => writeSync(2, `the watchdog died: ${error.stack}\n`));
  const step = () => {
    Atomics.add(flags, 0, 1);
    Atomics.notify(flags, 0);
  };
  return {
    begin(what) {
      flags[1] = Buffer.from(what().slice(0, room / 4)).copy(bytes);
      step();
    },
    end: step,
    close: () => void worker.terminate(),
  };
}
