import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { RowCounts } from "../../src/train/spec.js";

/** What became of one file under one command. */
export interface Outcome {
  readonly file: string;
  readonly command: "profile" | "train";
  /** As the command line would exit. */
  readonly exit: number | "hung" | "crashed";
  readonly code?: string;
  readonly message?: string;
  /** Rows that profile counted, those set aside among them. */
  readonly profiled?: number;
  readonly rows?: RowCounts;
}

const child = join(import.meta.dirname, "oddity-child.mjs");
const patienceMs = 20_000;

/** Every file below a folder whose name matches, in order. */
export const filesBelow = (root: string, wanted: RegExp): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && wanted.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

/** Both commands on every file: many files to a process, two processes beside each other. */
export async function tryAll(files: readonly string[], dir: string): Promise<Outcome[]> {
  const half = Math.ceil(files.length / 2);
  const lanes = [files.slice(0, half), files.slice(half)];
  return (await Promise.all(lanes.map((lane, i) => inChildren(lane, join(dir, `${i}`))))).flat();
}

/** A process that hangs or crashes is told of its file, and another one goes on behind it. */
async function inChildren(files: readonly string[], dir: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let next = 0; next < files.length; ) {
    const end = await inOneChild(files.slice(next), dir, outcomes);
    const last = outcomes.at(-1);
    next = last === undefined ? 0 : files.indexOf(last.file) + (last.command === "train" ? 1 : 0);
    if (end === "done" || next === files.length) break;
    outcomes.push({ file: files[next]!, command: last?.command === "profile" ? "train" : "profile", exit: end });
    next++;
  }
  return outcomes;
}

function inOneChild(files: readonly string[], dir: string, outcomes: Outcome[]): Promise<"done" | "hung" | "crashed"> {
  const running = spawn(process.execPath, [child, dir], { stdio: ["pipe", "pipe", "inherit"] });
  running.stdin.end(files.join("\n"));
  let hung = false;
  const kill = (): void => {
    hung = true;
    running.kill("SIGKILL");
  };
  let timer = setTimeout(kill, patienceMs);
  createInterface({ input: running.stdout }).on("line", (line) => {
    clearTimeout(timer);
    timer = setTimeout(kill, patienceMs);
    outcomes.push(JSON.parse(line));
  });
  return new Promise((resolve, reject) => {
    running.on("error", reject);
    running.on("close", (code) => {
      clearTimeout(timer);
      resolve(hung ? "hung" : code === 0 ? "done" : "crashed");
    });
  });
}
