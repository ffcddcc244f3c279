// Inputs that nobody thought of: formulas, files, models. Kills have a promise of their own.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { line, tried } from "./lines.mjs";

const script = fileURLToPath(new URL("../../scripts/fuzz.mjs", import.meta.url));
const promise = "any input is answered or refused";
const targets = ["formulas", "csv", "json", "arrow", "models"];

export async function fuzzTrials({ quick, say, seed = Date.now() % 2 ** 31, seconds = quick ? 10 : 180 }) {
  const lines = [];
  for (const target of targets) {
    say(`${promise}: ${target}`);
    lines.push(await tried(promise, target, () => fuzzed(target, seconds, seed)));
  }
  return lines;
}

/** In a process of its own: an input that never ends takes it along. */
async function fuzzed(target, seconds, seed) {
  const args = [script, "--only", target, "--seconds", String(seconds), "--seed", String(seed)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  const code = await new Promise((resolve) => child.on("close", (status, signal) => resolve(status ?? signal)));
  const inputs = [...said.matchAll(/: (\d+) inputs/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  return line(
    promise,
    target,
    code === 0 ? [] : [said.slice(said.indexOf("FAILED")).slice(0, 1500)],
    `${inputs} inputs, seed ${seed}`,
  );
}
