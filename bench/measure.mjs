// Runs a whole process and says what it took: seconds, peak memory of its tree, and what it printed.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

const linux = process.platform === "linux";
const gnuTime = linux && existsSync("/usr/bin/time") ? "/usr/bin/time" : undefined;

/**
 * Seconds are those of the whole process, start-up included. `peakRssBytes` is VmHWM summed over the process and everything
 * it started (0 where there is no /proc); GNU time closes the gap between the last look and the end, when it is installed.
 * `cgroup` is a folder that the process enters before its first instruction.
 */
export async function measure(command, args, { cgroup, env = {}, cwd, timeoutMs = 3_600_000, pollMs = 20 } = {}) {
  let run = [command, ...args];
  if (gnuTime) run = [gnuTime, "-q", "-f", "sluice-maxrss %M", ...run];
  if (cgroup) run = ["/bin/sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', cgroup, ...run];
  const started = performance.now();
  const child = spawn(run[0], run.slice(1), {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
    cwd,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));

  const peaks = new Map();
  const look = () => {
    for (const pid of treeOf(child.pid)) {
      const kib = highWater(pid);
      if (kib > 0) peaks.set(pid, Math.max(peaks.get(pid) ?? 0, kib));
    }
  };
  const timer = linux ? setInterval(look, pollMs) : undefined;
  const killer = setTimeout(() => killTree(child.pid), timeoutMs);
  const { status, signal } = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, name) => resolve({ status: code, signal: name }));
  });
  const seconds = (performance.now() - started) / 1000;
  clearInterval(timer);
  clearTimeout(killer);

  const largest = Number(/^sluice-maxrss (\d+)$/m.exec(stderr)?.[1] ?? 0);
  stderr = stderr.replace(/^sluice-maxrss \d+\n/m, "");
  // `time` itself is the root of the tree, and no part of what is measured
  if (gnuTime) peaks.delete(child.pid);
  const sizes = [...peaks.values()].sort((a, b) => b - a);
  const [first = 0, ...others] = sizes;
  const peakKib = Math.max(first, largest) + others.reduce((sum, kib) => sum + kib, 0);
  return {
    status,
    signal,
    seconds,
    peakRssBytes: peakKib * 1024,
    processes: Math.max(1, sizes.length),
    stdout,
    stderr,
  };
}

/** Like `measure`, for a process that must succeed and prints one JSON object: that object is `result`. */
export async function measureJson(command, args, options) {
  const run = await measure(command, args, options);
  if (run.status !== 0) {
    // a program of ours says what was wrong on standard output, a peer on standard error
    const said = run.stdout.trim().slice(-1000) || run.stderr.trim().slice(-2000);
    throw new Error(`${command} ${args.join(" ")} ended with ${run.status ?? run.signal}: ${said}`);
  }
  try {
    return { ...run, result: JSON.parse(run.stdout) };
  } catch (cause) {
    throw new Error(`${command} ${args.join(" ")} printed no JSON: ${run.stdout.slice(0, 500)}`, { cause });
  }
}

/** The process and all its descendants. */
export function treeOf(pid) {
  const tree = [pid];
  for (let i = 0; i < tree.length; i++) tree.push(...childrenOf(tree[i]));
  return tree;
}

function childrenOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
      const listed = readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim();
      return listed === "" ? [] : listed.split(" ").map(Number);
    });
  } catch {
    return []; // it has ended meanwhile
  }
}

function highWater(pid) {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0; // it has ended meanwhile
  }
}

function killTree(pid) {
  for (const each of treeOf(pid).reverse()) {
    try {
      process.kill(each, "SIGKILL");
    } catch {
      // it has ended meanwhile
    }
  }
}
