// Where benchmarks keep what is dear to make twice: data, peers, results of a run.
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

function osCache() {
  if (process.platform === "darwin") return join(homedir(), "Library/Caches");
  if (process.platform === "win32") return process.env.LOCALAPPDATA ?? join(homedir(), "AppData/Local");
  return process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
}

/** The path of `name` in the cache, without making it. */
export const cached = (name) => join(process.env.SLUICE_BENCH_DIR ?? join(osCache(), "sluice"), name);

/** A folder in the cache, made when it is not there. */
export function cacheFolder(name) {
  const folder = cached(name);
  mkdirSync(folder, { recursive: true });
  return folder;
}
