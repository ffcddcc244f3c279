import type { Engine } from "../engines/contract.js";
import type { CommonFlags } from "./command.js";
import { progress } from "./progress.js";

/** Shows what a cluster is at while it works for a command without passes of its own. DuckDB tells nothing of a query, so nothing is shown. */
export async function watching<T>(
  { engine }: { readonly engine: Engine },
  flags: CommonFlags,
  stage: string,
  work: () => Promise<T>,
): Promise<T> {
  if (!engine.watch) return work();
  const bar = progress({ stream: process.stderr, quiet: flags.quiet === true, json: flags.json === true });
  bar.stage(stage);
  engine.watch((underway) => bar.cluster(underway));
  try {
    return await work();
  } finally {
    bar.done();
  }
}
