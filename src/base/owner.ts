import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

/**
 * This process by a name that no other has, on any machine and in any container that shares a folder with it: process number, when it
 * began, its PID namespace and the boot of its machine. It stands in the names of what is not finished, so that whoever finds
 * such a thing can tell whether it is still being worked on.
 */
export const me = nameOf(process.pid);

function nameOf(pid: number): string {
  return [`p${pid}`, beganAt(pid) ?? 0, machine()].join("-");
}

/** Processes whose numbers mean the same to each other: one PID namespace of one boot. */
function machine(): string {
  try {
    const space = /\d+/.exec(readlinkSync("/proc/self/ns/pid"))![0];
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").replaceAll(/[^\da-f]/g, "");
    return `${Number(space).toString(36)}${boot.slice(0, 10)}`;
  } catch {
    return (
      hostname()
        .toLowerCase()
        .replaceAll(/[^a-z0-9]/g, "") || "here"
    );
  }
}

/** Clock ticks since the boot (proc(5), field 22 of stat); undefined where there is no such process, or no /proc. */
function beganAt(pid: number): number | undefined {
  try {
    // The second field is the command's name in brackets, which may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  } catch {
    return undefined;
  }
}

const beatMs = 5_000;
const silentMs = 60_000;
const namePattern = /\bp(\d+)-(\d+)-([a-z0-9]+)/;

/** The owner that a file's or folder's name carries. */
export const ownerIn = (name: string): string | undefined => namePattern.exec(name)?.[0];

/**
 * Whether the process of that name may still be at work. Of a process here it is known at once; one of another container or machine
 * shows itself by its sign in `cacheDir`, which it touches every few seconds.
 */
export function isAlive(owner: string, cacheDir: string): boolean {
  const [, pid, began, where] = namePattern.exec(owner) ?? [];
  if (where === machine()) {
    if (Number(began) > 0) return beganAt(Number(pid)) === Number(began);
    try {
      process.kill(Number(pid), 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "EPERM";
    }
  }
  return signs(cacheDir).some(({ name, seenMs }) => ownerIn(name) === owner && Date.now() - seenMs < silentMs);
}

/** A process at work in a cache folder: others can tell that it lives, and which entries it uses. Ends with its owner. */
export class Presence implements Disposable {
  readonly cacheDir: string;
  readonly #file: string;
  readonly #beat: NodeJS.Timeout;
  readonly #used = new Set<string>();
  static #count = 0;

  constructor(cacheDir: string) {
    this.cacheDir = cacheDir;
    mkdirSync(signsDir(cacheDir), { recursive: true });
    this.#file = join(signsDir(cacheDir), `${me}.${Presence.#count++}`);
    writeFileSync(this.#file, "");
    this.#beat = setInterval(() => this.#touch(), beatMs);
    this.#beat.unref();
  }

  /** From now on `path` is not removed by others until this one ends. To be said before it is looked at. */
  use(path: string): void {
    if (this.#used.has(path)) return;
    this.#used.add(path);
    appendFileSync(this.#file, `${JSON.stringify(path)}\n`);
  }

  #touch(): void {
    const now = new Date();
    try {
      utimesSync(this.#file, now, now);
    } catch {
      // someone cleared the folder; what is used is said again
      try {
        mkdirSync(signsDir(this.cacheDir), { recursive: true });
        writeFileSync(this.#file, [...this.#used].map((path) => `${JSON.stringify(path)}\n`).join(""));
      } catch {
        // a full or read-only disk: the work itself will say so
      }
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#beat);
    rmSync(this.#file, { force: true });
  }
}

/** What processes that live are using in a cache folder. Signs of those that do not are removed. */
export function usedIn(cacheDir: string): Set<string> {
  const used = new Set<string>();
  for (const { name, path } of signs(cacheDir)) {
    const owner = ownerIn(name);
    if (owner === undefined || !isAlive(owner, cacheDir)) rmSync(path, { force: true });
    else for (const line of linesOf(path)) used.add(line);
  }
  return used;
}

const signsDir = (cacheDir: string): string => join(cacheDir, "owners");

function signs(cacheDir: string): { name: string; path: string; seenMs: number }[] {
  const dir = signsDir(cacheDir);
  try {
    return readdirSync(dir).flatMap((name) => {
      const path = join(dir, name);
      const stat = statSync(path, { throwIfNoEntry: false });
      return stat ? [{ name, path, seenMs: stat.mtimeMs }] : [];
    });
  } catch {
    return [];
  }
}

function linesOf(path: string): string[] {
  try {
    const lines = readFileSync(path, "utf8").split("\n");
    lines.pop(); // empty, or not whole yet
    return lines.map((line) => JSON.parse(line) as string);
  } catch {
    return [];
  }
}
