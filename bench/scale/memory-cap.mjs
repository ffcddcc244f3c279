// Runs a command under a memory limit of the kernel: `node bench/scale/memory-cap.mjs 512MB node bin/sluice.cjs train ...`
// It needs the right to make a cgroup (root). The kernel's own peak counts page cache, so it is not reported.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { memoryCgroupRoot } from "../../scripts/optional.mjs";
import { measure } from "../measure.mjs";

let made = 0;

/** What `measure` gives, and `killed`: how many processes the kernel killed for want of memory. */
export async function measureCapped(command, args, { limitBytes, ...options }) {
  const root = memoryCgroupRoot();
  if (root === undefined) throw new Error("no memory cgroup can be made here: that takes root on Linux");
  const group = join(root, `sluice-${process.pid}-${++made}`);
  mkdirSync(group);
  try {
    const v1 = existsSync(join(group, "memory.limit_in_bytes"));
    writeFileSync(join(group, v1 ? "memory.limit_in_bytes" : "memory.max"), String(limitBytes));
    const swap = join(group, v1 ? "memory.memsw.limit_in_bytes" : "memory.swap.max");
    if (existsSync(swap)) writeFileSync(swap, v1 ? String(limitBytes) : "0");
    const run = await measure(command, args, { ...options, cgroup: group });
    const events = readFileSync(join(group, v1 ? "memory.oom_control" : "memory.events"), "utf8");
    return { ...run, killed: Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0) };
  } finally {
    await remove(group);
  }
}

/** A group can be removed when its last process has ended; what a killed parent left behind is ended here. */
async function remove(group) {
  for (let attempt = 0; attempt < 50; attempt++) {
    try {
      rmdirSync(group);
      return;
    } catch {
      for (const pid of readFileSync(join(group, "cgroup.procs"), "utf8").split("\n").filter(Boolean)) {
        try {
          process.kill(Number(pid), "SIGKILL");
        } catch {
          // it has ended meanwhile
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

const units = { B: 1, kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
export function bytesOf(text) {
  const [, number, unit = "B"] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text) ?? [];
  if (!(unit in units)) throw new Error(`"${text}" is not a size; write it like 512MB or 2GiB`);
  return Math.floor(Number(number) * units[unit]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [limit, command, ...args] = process.argv.slice(2);
  if (command === undefined) throw new Error("usage: node bench/scale/memory-cap.mjs 512MB COMMAND ...");
  const run = await measureCapped(command, args, { limitBytes: bytesOf(limit) });
  process.stdout.write(run.stdout);
  process.stderr.write(run.stderr);
  console.error(
    `limit ${limit}: killed ${run.killed}, exit ${run.status ?? run.signal}, ${run.seconds.toFixed(1)} s, ` +
      `peak ${(run.peakRssBytes / 1e6).toFixed(1)} MB in ${run.processes} process(es)`,
  );
  process.exitCode = run.killed > 0 ? 1 : (run.status ?? 1);
}
