import { join } from "node:path";
import { type Capped, measureCapped } from "../../bench/scale/memory-cap.mjs";

export { type Capped, measureCapped };

const cli = join(import.meta.dirname, "../../bin/sluice.cjs");

/** The built `sluice` under a memory limit of the kernel; only for tests inside `needs.root()`. */
export const sluiceCapped = (
  args: readonly string[],
  options: { limitBytes: number; env?: Record<string, string>; cwd?: string; timeoutMs?: number },
): Promise<Capped> => measureCapped(cli, args, options);
