import { formatBytes, parseBytes } from "../base/units.js";
import { cacheEntries, cacheKinds, trimCache } from "../runs/cache.js";
import { type CommonFlags, type Context, homeOf } from "./command.js";
import { table } from "./tables.js";

export async function cache(flags: CommonFlags & { clear?: boolean; limit?: string }, context: Context): Promise<void> {
  const home = await homeOf(flags);
  const limit = flags.clear ? 0 : flags.limit === undefined ? undefined : parseBytes(flags.limit);
  const removed = limit === undefined ? 0 : trimCache(home.cache, limit);
  const entries = cacheEntries(home.cache);
  const bytesOf = (some: typeof entries): number => some.reduce((sum, { bytes }) => sum + bytes, 0);
  context.print(home.cache);
  context.print(
    table(
      ["what", "entries", "size"],
      cacheKinds.map((kind) => {
        const own = entries.filter((entry) => entry.kind === kind);
        return [kind, String(own.length), formatBytes(bytesOf(own))];
      }),
    ),
  );
  if (removed > 0) context.print(`removed ${formatBytes(removed)}`);
  context.json({ cache: home.cache, bytes: bytesOf(entries), removedBytes: removed, entries: entries.length });
}
