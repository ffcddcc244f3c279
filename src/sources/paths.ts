import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../base/errors.js";
import { fileError } from "./files.js";

export interface Partition {
  readonly name: string;
  readonly values: readonly (string | null)[];
}

/** Files, globs and folders as a list of files, sorted by the UTF-8 bytes of their paths within each of the given names. */
export async function expand(specs: readonly string[]): Promise<{ files: string[]; partitions: Partition[] }> {
  const files: string[] = [];
  for (const spec of specs) files.push(...(await expandOne(spec)));
  return { files, partitions: partitionsOf(files) };
}

async function expandOne(spec: string): Promise<string[]> {
  const found = await stat(spec).catch((error: NodeJS.ErrnoException) => error);
  if (!(found instanceof Error)) {
    if (!found.isDirectory()) return [spec];
    const inside = await walk(spec);
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
async function walk(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await entries(folder)) {
    if (/^[._]/.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (await isFolder(entry, path)) found.push(...(await walk(path)));
    else found.push(path);
  }
  return found.sort(byBytes);
}

async function entries(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
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
  const visit = async (base: string, rest: readonly string[]): Promise<void> => {
    const [segment, ...further] = rest;
    if (segment === undefined) return;
    if (segment === "**") {
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
      } else if (await isFolder(entry, path)) for (const file of await walk(path)) found.add(file);
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
