import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";

export interface CacheEntry {
  readonly kind: string;
  readonly path: string;
  readonly bytes: number;
  readonly usedMs: number;
}

/** What the cache folder holds. Everything in it can be made again: pages from their source, landed files from their text. */
export const cacheKinds = ["pages", "landed", "facts", "spooled", "unpacked", "spill"] as const;

/** Above this size a training removes what was not used for longest; SLUICE_CACHE_LIMIT says another one. */
export const defaultCacheLimit = "50GB";

const inUseMs = 3_600_000;

export function cacheEntries(cacheDir: string): CacheEntry[] {
  return cacheKinds.flatMap((kind) => {
    const dir = join(cacheDir, kind);
    if (!existsSync(dir)) return [];
    return readdirSync(dir).flatMap((name): CacheEntry[] => {
      const path = join(dir, name);
      try {
        const files = filesIn(path);
        const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
        return [{ kind, path, bytes, usedMs: Math.max(statSync(path).mtimeMs, ...files.map(({ usedMs }) => usedMs)) }];
      } catch {
        return []; // another run removed it
      }
    });
  });
}

/** Removes what a killed process left, then the least recently used until the rest is within the limit; gives the bytes removed. */
export function trimCache(cacheDir: string, limitBytes: number, spareRecent = true): number {
  let removed = 0;
  const entries = cacheEntries(cacheDir)
    .filter((entry) => {
      if (!isAbandoned(entry)) return true;
      rmSync(entry.path, { recursive: true, force: true });
      removed += entry.bytes;
      return false;
    })
    .sort((a, b) => a.usedMs - b.usedMs);
  let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { path, bytes, usedMs } of entries) {
    // What was used in the last hour may belong to a run that is still going.
    if (total <= limitBytes || (spareRecent && Date.now() - usedMs < inUseMs)) break;
    rmSync(path, { recursive: true, force: true });
    total -= bytes;
    removed += bytes;
  }
  return removed;
}

/** Scratch files of a process that was killed; it may be one of another container, so only what has rested is taken. */
function isAbandoned({ kind, path, usedMs }: CacheEntry): boolean {
  if (kind !== "spill" || Date.now() - usedMs < inUseMs) return false;
  try {
    process.kill(Number.parseInt(basename(path), 10), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function filesIn(path: string): { bytes: number; usedMs: number }[] {
  const stat = statSync(path);
  if (!stat.isDirectory()) return [{ bytes: stat.size, usedMs: Math.max(stat.atimeMs, stat.mtimeMs) }];
  return readdirSync(path).flatMap((name) => filesIn(join(path, name)));
}
