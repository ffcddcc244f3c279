// What the tests can use beyond the npm registry, and what to do when it is not there.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, rmdirSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { peersPython } from "../bench/peers.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const shared = join(root, "../shared/data");

/** Each look-up gives where the thing is, or why it is missing. `absent` means: does not apply on this machine. */
export const optional = {
  chromium: () =>
    found(
      onPath("chromium", "chromium-browser", "google-chrome", "chrome"),
      "no Chromium on the PATH; on Debian: apt-get install chromium",
    ),
  python: () => found(peersPython(), "the Python peers are not set up; run: node bench/peers.mjs"),
  disks: () => found(tmpfs(), "no file system of a size of ours that this user may mount; run as root on Linux"),
  root: () => found(memoryCgroupRoot(), "no memory cgroup that this user may make; run as root on Linux"),
  /** A Spark server for tests: the version to start, or the address of one that is up. */
  spark: () => {
    const { version, remote, missing } = wantedSpark();
    if (missing) return { missing };
    if (remote) return { where: remote.split(";")[0] };
    const lacks = lacksForSpark();
    if (lacks) return { missing: lacks };
    return found(
      peersPython(sparkEnvironments[version]) && version,
      `Spark ${version} is not set up; run: node bench/peers.mjs ${sparkEnvironments[version]}`,
    );
  },
  shared: (set = "") => {
    if (!existsSync(shared)) return { missing: "there is no ../shared/data beside the project", absent: true };
    const path = join(shared, set);
    return found(existsSync(path) ? path : undefined, `../shared/data has no ${set}`);
  },
};

const found = (where, missing) => (where === undefined ? { missing } : { where });

export function onPath(...names) {
  for (const name of names)
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      const file = join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // the next one
      }
    }
  return undefined;
}

/** The environments of bench/peers.mjs that hold a Spark. */
export const sparkEnvironments = { 4.2: "spark", 4.1: "spark-4.1" };

/** SLUICE_SPARK: the version of the server that tests start, or the address (sc://...) of one on this machine; 0 is none. */
export function wantedSpark() {
  const wanted = process.env.SLUICE_SPARK ?? "4.2";
  if (wanted === "0") return { missing: "SLUICE_SPARK=0" };
  if (wanted.startsWith("sc://")) return { remote: wanted };
  if (wanted in sparkEnvironments) return { version: wanted };
  return { missing: `SLUICE_SPARK=${wanted} is no address, nor 0, ${Object.keys(sparkEnvironments).join(" or ")}` };
}

/** Why a Spark server cannot run here, or undefined. */
export function lacksForSpark() {
  if (onPath("python3") === undefined) return "no python3 on the PATH";
  if (java() === undefined) return "no Java 17 or 21 on the PATH (or in JAVA_HOME)";
  return undefined;
}

function java() {
  const home = process.env.JAVA_HOME;
  const file = home && existsSync(join(home, "bin/java")) ? join(home, "bin/java") : onPath("java");
  if (file === undefined) return undefined;
  const [, major] = /version "(\d+)/.exec(spawnSync(file, ["-version"], { encoding: "utf8" }).stderr ?? "") ?? [];
  return Number(major) >= 17 ? file : undefined;
}

/** The folder under which memory cgroups can be made: v1's own hierarchy, or v2's root with the memory controller on. */
export function memoryCgroupRoot() {
  const v1 = "/sys/fs/cgroup/memory";
  const v2 = "/sys/fs/cgroup";
  const folder = existsSync(join(v1, "memory.limit_in_bytes"))
    ? v1
    : existsSync(join(v2, "cgroup.controllers"))
      ? v2
      : undefined;
  if (folder === undefined) return undefined;
  const probe = join(folder, `sluice-probe-${process.pid}`);
  try {
    mkdirSync(probe);
    const limit = existsSync(join(probe, "memory.limit_in_bytes")) || existsSync(join(probe, "memory.max"));
    rmdirSync(probe);
    return limit ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a small disk can be mounted. */
function tmpfs() {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
  const probe = mkdtempSync(join(tmpdir(), "sluice-disk-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", probe]).status === 0;
  if (mounted) spawnSync("umount", [probe]);
  rmdirSync(probe);
  return mounted ? "mount" : undefined;
}

export const freeBytes = (folder) => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};
