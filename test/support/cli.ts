import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const program = join(import.meta.dirname, "../../bin/sluice.cjs");

export interface Ran {
  /** 128 + the signal when one ended the process. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
  /** The one JSON object of --json; a failing read of it is a failing test. */
  readonly json: Told;
}

// biome-ignore lint/suspicious/noExplicitAny: what a program of the user's sees is JSON, and tests say which fields it has
export type Told = any;

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
}

/** A temporary folder with a home and a cache of its own, in which the built `sluice` runs as a user would run it. */
export interface Place extends Disposable {
  readonly dir: string;
  path(name: string): string;
  write(name: string, content: string | Uint8Array): string;
  text(name: string): string;
  sluice(...args: readonly string[]): Promise<Ran>;
  /** With text for its standard input. */
  piped(input: string, ...args: readonly string[]): Promise<Ran>;
  start(...args: readonly string[]): Running;
}

export function place(): Place {
  const dir = mkdtempSync(join(tmpdir(), "sluice-journey-"));
  const path = (name: string): string => join(dir, name);
  const here = ["--home", "home", "--cache", "cache"];
  const start = (...args: readonly string[]): Running => {
    // A flag given by the test comes later and wins.
    const [command, ...rest] = args;
    const child = spawn(process.execPath, [program, command!, ...here, ...rest], { cwd: dir, stdio: "pipe" });
    return { child, ended: ending(child) };
  };
  return {
    dir,
    path,
    write: (name, content) => {
      writeFileSync(path(name), content);
      return path(name);
    },
    text: (name) => readFileSync(path(name), "utf8"),
    start,
    sluice: (...args) => start(...args).ended,
    piped: (input, ...args) => {
      const { child, ended } = start(...args);
      child.stdin!.end(input);
      return ended;
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}

const signals: Readonly<Record<string, number>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

function ending(child: ChildProcess): Promise<Ran> {
  const started = performance.now();
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name]!.setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
    });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({
        code: code ?? 128 + (signals[signal!] ?? 0),
        ...texts,
        seconds: (performance.now() - started) / 1000,
        get json(): Told {
          try {
            return JSON.parse(texts.stdout);
          } catch {
            throw new Error(`not one JSON object: ${texts.stdout.slice(0, 500)}\nstandard error: ${texts.stderr}`);
          }
        },
      }),
    );
  });
}

/** Rows read are in exactly one of the counts. */
export const accounted = (rows: Readonly<Record<string, number>>): boolean =>
  rows["read"] ===
  ["train", "validation", "test", "setAside", "unlabelled", "filtered", "sampledOut"].reduce(
    (sum, name) => sum + (rows[name] ?? Number.NaN),
    0,
  );
