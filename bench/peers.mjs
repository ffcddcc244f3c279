// The public tools we are measured against, from PyPI in an environment of their own: `node bench/peers.mjs [--spark]`.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cached, cacheFolder } from "./cache.mjs";

const pins = ["numpy==2.4.6", "scikit-learn==1.9.1", "pyarrow==26.0.1", "pandas==3.1.1"];
const sparkPins = [...pins, "pyspark==4.2.0"];
const scripts = join(dirname(fileURLToPath(import.meta.url)), "peers");

const folderOf = (wanted) =>
  cached(`peers-venv-${createHash("sha256").update(wanted.join("\n")).digest("hex").slice(0, 12)}`);
const pythonOf = (folder) => join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");

/** The interpreter of the environment when it is complete, else undefined. */
export function peersPython({ spark = false } = {}) {
  const folder = folderOf(spark ? sparkPins : pins);
  return existsSync(join(folder, "complete")) ? pythonOf(folder) : undefined;
}

/** Makes the environment when it is not there yet (about 20 seconds). Throws with pip's own words when it cannot. */
export function setUpPeers({ spark = false } = {}) {
  const wanted = spark ? sparkPins : pins;
  const ready = peersPython({ spark });
  if (ready !== undefined) return ready;
  const folder = folderOf(wanted);
  cacheFolder("");
  rmSync(folder, { recursive: true, force: true });
  must("python3", ["-m", "venv", folder]);
  must(
    pythonOf(folder),
    ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", ...wanted],
    spark,
  );
  const mark = join(folder, "complete");
  writeFileSync(`${mark}.tmp`, `${wanted.join("\n")}\n`);
  renameSync(`${mark}.tmp`, mark);
  return pythonOf(folder);
}

// pyspark comes as a source package only, and builds without a compiler
function must(command, args, allowSource = false) {
  const given = allowSource ? args.filter((arg) => arg !== "--only-binary" && arg !== ":all:") : args;
  const done = spawnSync(command, given, { encoding: "utf8" });
  if (done.error) throw new Error(`${command} cannot be started: ${done.error.message}`);
  if (done.status !== 0)
    throw new Error(
      `${command} ${given.slice(0, 3).join(" ")} failed: ${done.stderr.trim().split("\n").slice(-3).join(" ")}`,
    );
}

/** The command line of a peer's script; each prints one JSON object on standard output. */
export const peer = (script, args, { spark = false } = {}) => [
  setUpPeers({ spark }),
  [join(scripts, `${script}.py`), ...args],
];

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(setUpPeers({ spark: process.argv.includes("--spark") }));
