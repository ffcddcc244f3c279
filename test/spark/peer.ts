import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setUpPeers } from "../../bench/peers.mjs";
import { sparkEnvironments, wantedSpark } from "../../scripts/optional.mjs";

/** What a script of test/peers prints, given a plan on standard input, with the PySpark of the server's version at hand. */
export async function pyspark<T>(script: string, plan: unknown): Promise<T> {
  const environment = sparkEnvironments[wantedSpark().version ?? "4.2"]!;
  const python = spawn(setUpPeers(environment), [join(import.meta.dirname, `../peers/${script}.py`)]);
  python.stdin.end(JSON.stringify(plan));
  const [output, problems] = await Promise.all([text(python.stdout), text(python.stderr)]);
  if (output === "") throw new Error(`PySpark failed: ${problems.slice(-2000)}`);
  return JSON.parse(output) as T;
}
