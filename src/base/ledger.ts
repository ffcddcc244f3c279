import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { BudgetTooSmallError } from "./errors.js";

/** A part of the budget that one component holds until it gives it back. */
export interface Lease {
  readonly name: string;
  readonly bytes: number;
  release(): void;
}

/**
 * The one account of memory for the whole process: everything large leases from it. A component that gets less than it
 * wants degrades (fewer threads, smaller chunks, spill); one that cannot do with less refuses before work starts.
 */
export class Ledger {
  readonly budgetBytes: number;
  readonly #leases = new Set<Lease>();

  constructor(budgetBytes: number) {
    this.budgetBytes = budgetBytes;
  }

  get freeBytes(): number {
    let free = this.budgetBytes;
    for (const lease of this.#leases) free -= lease.bytes;
    return free;
  }

  /** Exactly `bytes`, or a refusal that names the budget that would do. */
  lease(name: string, bytes: number): Lease {
    return this.leaseUpTo(name, bytes, bytes);
  }

  /** Between `least` and `wanted` bytes. */
  leaseUpTo(name: string, wanted: number, least: number): Lease {
    const free = this.freeBytes;
    if (free < least) throw new BudgetTooSmallError(this.budgetBytes, this.budgetBytes - free + least, name);
    const lease: Lease = { name, bytes: Math.min(wanted, free), release: () => void this.#leases.delete(lease) };
    this.#leases.add(lease);
    return lease;
  }

  /** Who holds what, largest first: for `--json`, the report and error messages. */
  account(): readonly { readonly name: string; readonly bytes: number }[] {
    return [...this.#leases].map(({ name, bytes }) => ({ name, bytes })).sort((a, b) => b.bytes - a.bytes);
  }
}

const numberIn = (path: string): number | undefined => {
  try {
    const number = Number(readFileSync(path, "utf8").trim());
    return Number.isFinite(number) && number > 0 ? number : undefined;
  } catch {
    return undefined;
  }
};

/** Half of what the container (cgroup v2 or v1) or the machine has: the default budget, and where it comes from. */
export function defaultBudget(): { bytes: number; reason: string } {
  const machine = totalmem();
  const container = numberIn("/sys/fs/cgroup/memory.max") ?? numberIn("/sys/fs/cgroup/memory/memory.limit_in_bytes");
  const limited = container !== undefined && container < machine;
  const bytes = Math.floor((limited ? container : machine) / 2);
  return { bytes, reason: `half of the ${limited ? "container's" : "machine's"} memory` };
}

/** The process's highest resident memory so far, all its threads included (VmHWM), or what Node knows elsewhere. */
export function peakRssBytes(): number {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"));
    if (line) return Number(line[1]) * 1024;
  } catch {
    // not Linux
  }
  return process.resourceUsage().maxRSS * 1024;
}

/** Bytes that this process has read and written by system calls, from cached files too; zeros where the system doesn't say. */
export function ioBytes(): { read: number; written: number } {
  try {
    const text = readFileSync("/proc/self/io", "utf8");
    return { read: Number(/rchar: (\d+)/.exec(text)?.[1] ?? 0), written: Number(/wchar: (\d+)/.exec(text)?.[1] ?? 0) };
  } catch {
    return { read: 0, written: 0 };
  }
}
