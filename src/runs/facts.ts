import { existsSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { hashOf } from "../base/canonical.js";
import { fromJson, toJson } from "../base/json.js";
import { ensureDir, writeWhole } from "./home.js";

/** Raised when what is found out about a source could come out differently: part of every key. */
const factsVersion = 6;

/**
 * What was once found out about a source (its label, its counts, its fitted features), kept in the cache under the content it was
 * found from: asking again about the same bytes costs nothing. A damaged entry is found out anew.
 */
export async function remembered<T>(cacheDir: string, about: unknown, find: () => Promise<T>): Promise<T> {
  const dir = join(cacheDir, "facts");
  const file = join(dir, `${hashOf({ factsVersion, about }).slice(0, 32)}.json`);
  if (existsSync(file)) {
    const text = readFileSync(file, "utf8");
    const body = text.slice(9);
    if (sum(body) === text.slice(0, 8)) {
      utimesSync(file, new Date(), new Date());
      return fromJson<{ value: T }>(body).value;
    }
  }
  const value = await find();
  ensureDir(dir);
  const body = toJson({ value });
  writeWhole(file, `${sum(body)} ${body}`);
  return value;
}

const sum = (body: string): string => crc32(body).toString(16).padStart(8, "0");
