import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { SourceOptions } from "./options.js";
import type { SourceFile } from "./scan.js";
import { spool } from "./spool.js";

/** Standard input, spooled once so that it can be read as often as work needs. */
export const stdin = (options: SourceOptions): Promise<SourceFile> =>
  spool(options.input ?? process.stdin, "standard input", options);

/** A named pipe, or one of the shell's (`<(zcat rows.gz)`), spooled like standard input. */
export const pipe = (path: string, options: SourceOptions): Promise<SourceFile> =>
  spool(blocksOf(path, options.signal), `the pipe "${path}"`, options);

/** An opening or reading that blocks would hold one of Node's few threads, deaf to any signal; so this asks again and again. */
async function* blocksOf(path: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  // A pipe of the shell has had its writer; a named one may wait for it, and reads as empty until then.
  let begun = !(await realpath(path).then(
    () => true,
    () => false,
  ));
  const buffer = Buffer.allocUnsafe(1 << 16);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const read = await file.read(buffer, 0, buffer.length, null).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "EAGAIN") return undefined;
        throw error;
      });
      if (read?.bytesRead === 0 && begun) return;
      if (read === undefined || read.bytesRead > 0) begun = true;
      if (read && read.bytesRead > 0) yield Buffer.from(buffer.subarray(0, read.bytesRead));
      else await wait(begun ? 2 : 20);
    }
  } finally {
    await file.close();
  }
}
