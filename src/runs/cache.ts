import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { isAlive, me, ownerIn, usedIn } from "../base/owner.js";

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

/**
 * Removes the least recently used entries until the rest is within the limit; gives the bytes removed. What a process that lives
 * is using stays, whatever its age.
 */
export function trimCache(cacheDir: string, limitBytes: number): number {
  let removed = tidyCache(cacheDir);
  const entries = cacheEntries(cacheDir).sort((a, b) => a.usedMs - b.usedMs);
  let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { path, bytes } of entries) {
    if (total <= limitBytes) break;
    if (!removeUnused(path, cacheDir)) continue;
    total -= bytes;
    removed += bytes;
  }
  return removed;
}

/** Moved aside first, so that nobody finds half of it; and moved back when someone has begun to use it meanwhile. */
function removeUnused(path: string, cacheDir: string): boolean {
  const isUsed = (): boolean => {
    const owner = ownerIn(basename(path));
    return usedIn(cacheDir).has(path) || (owner !== undefined && isAlive(owner, cacheDir));
  };
  if (isUsed()) return false;
  const aside = join(cacheDir, `removed-${me}-${basename(path)}`);
  try {
    renameSync(path, aside);
    if (isUsed()) {
      renameSync(aside, path);
      return false;
    }
  } catch {
    // gone already, or made anew under its name
  }
  rmSync(aside, { recursive: true, force: true });
  return true;
}

/** Removes what killed processes left: spilled and scratch files, files that never got their name. Gives the bytes removed. */
export function tidyCache(cacheDir: string): number {
  let removed = 0;
  const isLeft = (name: string): boolean => {
    const owner = ownerIn(name);
    return owner !== undefined && !isAlive(owner, cacheDir);
  };
  const remove = (path: string): void => {
    try {
      removed += filesIn(path).reduce((sum, { bytes }) => sum + bytes, 0);
      rmSync(path, { recursive: true, force: true });
    } catch {
      // another process removed it
    }
  };
  for (const dir of [
    cacheDir,
    ...["spill", "facts", "spooled", "unpacked", "pages"].map((kind) => join(cacheDir, kind)),
  ])
    for (const name of namesIn(dir)) {
      if (isLeft(name)) remove(join(dir, name));
      else if (basename(dir) === "pages")
        for (const inner of namesIn(join(dir, name))) if (isLeft(inner)) remove(join(dir, name, inner));
    }
  usedIn(cacheDir); // signs of processes that are gone go too
  return removed;
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

function filesIn(path: string): { bytes: number; usedMs: number }[] {
  const stat = statSync(path);
  if (!stat.isDirectory()) return [{ bytes: stat.size, usedMs: Math.max(stat.atimeMs, stat.mtimeMs) }];
  return readdirSync(path).flatMap((name) => filesIn(join(path, name)));
}
