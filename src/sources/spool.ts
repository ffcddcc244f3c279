import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, rename, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../base/errors.js";
import { formatBytes } from "../base/units.js";
import { fileError, sourceFile } from "./files.js";
import type { SourceOptions } from "./options.js";
import type { SourceFile } from "./scan.js";

/** A stream written once to a file in the cache, named by its content: standard input, or rows of an iterator. */
export async function spool(
  bytes: AsyncIterable<Uint8Array>,
  what: string,
  options: SourceOptions,
  ending = "",
): Promise<SourceFile> {
  const folder = join(options.cacheDir, "spooled");
  const temporary = join(folder, `.${randomBytes(8).toString("hex")}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(temporary, "w");
    const hash = createHash("sha256");
    let written = 0;
    try {
      const { bavail, bsize } = await statfs(folder);
      const free = bavail * bsize;
      const limit = Math.min(options.maxSpoolBytes ?? Number.POSITIVE_INFINITY, free * 0.9);
      for await (const block of bytes) {
        options.signal?.throwIfAborted();
        written += block.length;
        if (written > limit)
          throw new SluiceError(
            "disk_full",
            `${what} is larger than ${formatBytes(limit)}, ${limit === options.maxSpoolBytes ? "the most that is allowed for it" : `what is free in ${folder}`}; write it to a file and name that, or point --cache at a larger disk`,
            { limitBytes: limit },
          );
        hash.update(block);
        await file.write(block);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    if (written === 0) throw new SluiceError("empty_source", `${what} is empty; at least one row is needed`);
    const path = join(folder, `${hash.digest("hex").slice(0, 32)}${ending}`);
    // What was spooled before stays untouched: equal input has an equal fingerprint, and its times are part of that.
    const before = await stat(path).catch(() => undefined);
    if (before?.size !== written) await rename(temporary, path);
    return { ...(await sourceFile(path)), spooled: true };
  } catch (error) {
    throw await fileError(temporary, error);
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}
