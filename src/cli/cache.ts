import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { formatBytes, parseBytes } from "../base/units.js";
import { type CommonFlags, type Context, homeOf } from "./command.js";
import { table } from "./tables.js";

interface Entry {
  readonly path: string;
  readonly bytes: number;
  readonly usedMs: number;
}

/** Everything in the cache can be made again: pages from their source, landed files from their text. */
export async function cache(flags: CommonFlags & { clear?: boolean; limit?: string }, context: Context): Promise<void> {
  const home = await homeOf(flags);
  const kinds = ["pages", "landed", "facts", "spooled", "unpacked", "spill"];
  const entries = kinds.flatMap((kind) => entriesIn(join(home.cache, kind)).map((entry) => ({ kind, ...entry })));
  const limit = flags.clear ? 0 : flags.limit === undefined ? undefined : parseBytes(flags.limit);
  let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  let removed = 0;
  if (limit !== undefined)
    for (const entry of [...entries].sort((a, b) => a.usedMs - b.usedMs)) {
      if (total <= limit) break;
      rmSync(entry.path, { recursive: true, force: true });
      total -= entry.bytes;
      removed += entry.bytes;
    }
  context.print(home.cache);
  context.print(
    table(
      ["what", "entries", "size"],
      kinds.map((kind) => {
        const own = entriesIn(join(home.cache, kind));
        return [kind, String(own.length), formatBytes(own.reduce((sum, { bytes }) => sum + bytes, 0))];
      }),
    ),
  );
  if (removed > 0) context.print(`removed ${formatBytes(removed)}`);
  context.json({ cache: home.cache, bytes: total, removedBytes: removed, entries: entries.length });
}

export function entriesIn(dir: string): Entry[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir).map((name) => {
    const path = join(dir, name);
    const files = filesIn(path);
    return {
      path,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      usedMs: Math.max(statSync(path).mtimeMs, ...files.map(({ usedMs }) => usedMs)),
    };
  });
}

function filesIn(path: string): { bytes: number; usedMs: number }[] {
  const stat = statSync(path);
  if (!stat.isDirectory()) return [{ bytes: stat.size, usedMs: Math.max(stat.atimeMs, stat.mtimeMs) }];
  return readdirSync(path).flatMap((name) => filesIn(join(path, name)));
}
