import type { SourceOptions } from "./options.js";
import type { SourceFile } from "./scan.js";
import { spool } from "./spool.js";

/** Standard input, spooled once so that it can be read as often as work needs. */
export const stdin = (options: SourceOptions): Promise<SourceFile> =>
  spool(options.input ?? process.stdin, "standard input", options);
