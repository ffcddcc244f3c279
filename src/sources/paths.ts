import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../base/errors.js";
import { fileError, mapSome } from "./files.js";

export interface Partition {
  readonly name: string;
  readonly values: readonly (string | null)[];
}

/**
 * Files, globs and folders as a list of files, sorted by the UTF-8 bytes of their paths within each of the given names. A
 * file that is found under several names is in it once, under the first.
 */
export async function expand(specs: readonly string[]): Promise<{ files: string[]; partitions: Partition[] }> {
  const found: string[] = [];
  for (const spec of specs) found.push(...(await expandOne(spec)));
  const identities = await mapSome(found, fileIdentity);
  const seen = new Set<string>();
  const files = found.filter((_, i) => !seen.has(identities[i]!) && seen.add(identities[i]!));
  return { files, partitions: partitionsOf(files) };
}

/** What is the same for all names of a file; a file that can't be looked at is itself. */
async function fileIdentity(path: string): Promise<string> {
  const there = await stat(path, { bigint: true }).catch(() => undefined);
  if (!there) return path;
  if (there.isFile()) return `${there.dev}:${there.ino}`;
  throw new SluiceError(
    "unreadable_source",
    `"${path}" is ${there.isFIFO() ? "a pipe, which is read only where it is named alone" : "no file"}; write what it gives to a file and name that`,
    { file: path },
  );
}

/** It is a pipe, as of `mkfifo` or `<(cat rows.csv)`: what it gives is there once. */
export const isPipe = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isFIFO() ?? false;

async function expandOne(spec: string): Promise<string[]> {
  const found = await stat(spec).catch((error: NodeJS.ErrnoException) => error);
  if (!(found instanceof Error)) {
    if (!found.isDirectory()) return [spec];
    const inside = (await walk(spec, new Set())).sort(byBytes);
    if (inside.length === 0)
      throw new SluiceError("empty_source", `the folder "${spec}" has no data files in it`, { folder: spec });
    return inside;
  }
  if (!/[*?[{]/.test(spec)) throw await fileError(spec, found);
  const matches = await glob(spec);
  if (matches.length === 0)
    throw new SluiceError(
      "missing_file",
      `no file matches "${spec}"; quote the pattern, and write ** for any depth of folders`,
      { file: spec },
    );
  return matches;
}

/** Every data file under a folder. Names that begin with a dot or an underscore (`_SUCCESS`, `.crc`) are a writer's own. */
async function walk(folder: string, visited: Set<string>): Promise<string[]> {
  if (!(await isNew(folder, visited))) return [];
  const found: string[] = [];
  for (const entry of await entries(folder)) {
    if (/^[._]/.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (await isFolder(entry, path)) found.push(...(await walk(path, visited)));
    else found.push(path);
  }
  return found;
}

/** A link may lead to a folder that was visited before, or to the one it stands in. */
async function isNew(folder: string, visited: Set<string>): Promise<boolean> {
  const there = await stat(folder, { bigint: true }).catch(() => undefined);
  const identity = there ? `${there.dev}:${there.ino}` : folder;
  return !visited.has(identity) && visited.add(identity) !== undefined;
}

/** Links come last: what stands in a folder itself has the first claim to its name. */
async function entries(folder: string): Promise<Dirent[]> {
  try {
    const all = await readdir(folder, { withFileTypes: true });
    return all.sort((a, b) => Number(a.isSymbolicLink()) - Number(b.isSymbolicLink()) || byBytes(a.name, b.name));
  } catch (error) {
    throw await fileError(folder, error);
  }
}

const isFolder = async (entry: Dirent, path: string): Promise<boolean> =>
  entry.isDirectory() ||
  (entry.isSymbolicLink() && ((await stat(path).catch(() => undefined))?.isDirectory() ?? false));

async function glob(pattern: string): Promise<string[]> {
  const segments = pattern.split("/");
  const found = new Set<string>();
  // Folders below a **, for each rest of the pattern.
  const visited = new Map<number, Set<string>>();
  const visit = async (base: string, rest: readonly string[]): Promise<void> => {
    const [segment, ...further] = rest;
    if (segment === undefined) return;
    if (segment === "**") {
      const below = visited.get(rest.length) ?? new Set();
      visited.set(rest.length, below);
      if (!(await isNew(base || ".", below))) return;
      await visit(base, further.length > 0 ? further : ["*"]);
      for (const entry of await entries(base || ".").catch(() => []))
        if (!entry.name.startsWith(".") && (await isFolder(entry, join(base, entry.name))))
          await visit(join(base, entry.name), rest);
      return;
    }
    if (!/[*?[{]/.test(segment)) {
      const path = base === "" && segment === "" ? "/" : base === "" ? segment : join(base, segment);
      const there = await stat(path).catch(() => undefined);
      if (!there) return;
      if (further.length > 0) return visit(path, further);
      if (there.isFile()) found.add(path);
      return;
    }
    const wanted = segmentPattern(segment);
    for (const entry of await entries(base || ".").catch(() => [])) {
      if (!wanted.test(entry.name) || (entry.name.startsWith(".") && !segment.startsWith("."))) continue;
      const path = base === "" ? entry.name : join(base, entry.name);
      if (further.length > 0) {
        if (await isFolder(entry, path)) await visit(path, further);
      } else if (await isFolder(entry, path)) for (const file of await walk(path, new Set())) found.add(file);
      else found.add(path);
    }
  };
  await visit("", segments);
  return [...found].sort(byBytes);
}

/** One segment of a glob: `*`, `?`, `[abc]`, `{a,b}`. */
function segmentPattern(segment: string): RegExp {
  let depth = 0;
  const body = segment.replace(/\[[^\]]*\]|[\s\S]/g, (part: string): string => {
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    if (part === "{") {
      depth++;
      return "(?:";
    }
    if (part === "}" && depth > 0) {
      depth--;
      return ")";
    }
    if (part === "," && depth > 0) return "|";
    if (part.length > 2 && part.startsWith("["))
      return `[${part.slice(1, -1).replace(/^!/, "^").replace(/\\/g, "\\\\")}]`;
    return part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  });
  try {
    return new RegExp(`^${body}$`, "u");
  } catch {
    throw new SluiceError("usage", `"${segment}" is not a pattern; *, ?, [abc] and {a,b} have a meaning in it`, {
      value: segment,
    });
  }
}

/** UTF-8 byte order, which JavaScript's UTF-16 order is not for characters past U+FFFF. */
export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Hive's `name=value` folders, as columns. Every file must stand under the same names. */
function partitionsOf(files: readonly string[]): Partition[] {
  const each = files.map((file) => {
    const pairs = file
      .split("/")
      .slice(0, -1)
      .flatMap((folder) => {
        const [, name, value] = /^([^=]+)=(.*)$/.exec(folder) ?? [];
        return name === undefined ? [] : [[decode(name), decode(value ?? "")] as const];
      });
    return new Map<string, string>(pairs);
  });
  const names = [...(each[0]?.keys() ?? [])];
  for (const [i, pairs] of each.entries())
    if (pairs.size !== names.length || names.some((name) => !pairs.has(name)))
      throw new SluiceError(
        "unreadable_source",
        `"${files[i]}" stands in folders for ${[...pairs.keys()].join(", ") || "no columns"}, "${files[0]}" in folders for ${names.join(", ") || "no columns"}; all files of a source need the same folders`,
        { file: files[i] },
      );
  return names.map((name) => ({
    name,
    values: each.map((pairs) => {
      const value = pairs.get(name)!;
      return value === "__HIVE_DEFAULT_PARTITION__" ? null : value;
    }),
  }));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
