import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setUpPeers } from "../../bench/peers.mjs";

/** What a script of test/peers prints, given a plan on standard input, with PySpark at hand. */
export async function pyspark<T>(script: string, plan: unknown): Promise<T> {
  const python = spawn(setUpPeers("spark"), [join(import.meta.dirname, `../peers/${script}.py`)]);
  python.stdin.end(JSON.stringify(plan));
  const [output, problems] = await Promise.all([text(python.stdout), text(python.stderr)]);
  if (output === "") throw new Error(`PySpark failed: ${problems.slice(-2000)}`);
  return JSON.parse(output) as T;
}
