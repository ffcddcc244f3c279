import { readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";

/** Which file of `src/` names which other: imports, exports from, type imports and `new URL(..., import.meta.url)`. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

const forms = [
  /\bfrom\s*["'](\.[^"']+)["']/g,
  /^\s*import\s*["'](\.[^"']+)["']/gm,
  /\bimport\s*\(\s*["'](\.[^"']+)["']/g,
  /\bnew URL\(\s*["'](\.[^"']+\.js)["']\s*,\s*import\.meta\.url/g,
];

/** Imports of one file, as paths below `src/`; `file` and the results use "/" and the suffix of the source. */
export function importsOf(file: string, text: string): Import[] {
  const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, "");
  const named = forms.flatMap((form) => [...code.matchAll(form)].map((match) => match[1]!));
  return [...new Set(named)].map((to) => ({ from: file, to: posix.normalize(posix.join(posix.dirname(file), to)) }));
}

/** Every import in `root`, tests left out: they may use what stands below them. */
export function importsIn(root: string): Import[] {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file) && !/\.(test|bench)\.tsx?$/.test(file))
    .map((file) => file.split(sep).join("/"));
  const known = new Map(files.map((file) => [file.replace(/\.tsx?$/, ".js"), file]));
  return files
    .flatMap((file) => importsOf(file, readFileSync(join(root, file), "utf8")))
    .map(({ from, to }) => ({ from, to: known.get(to) ?? to }));
}

/** The folder that decides a file's place: `learners` for `learners/ridge/solve.ts`, `index.ts` for itself. */
export const layerOf = (file: string): string => file.split("/")[0]!;

/** Imports that point down the line, in sentences. A folder that is not in `order` is a mistake of its own. */
export function upwardOnly(imports: readonly Import[], order: readonly string[]): string[] {
  return imports.flatMap(({ from, to }) => {
    const place = order.indexOf(layerOf(from));
    const target = order.indexOf(layerOf(to));
    if (place < 0) return [`src/${from}: "${layerOf(from)}" has no place in the order of folders`];
    if (target < 0) return [`src/${from} imports ${to}: "${layerOf(to)}" has no place in the order of folders`];
    if (target <= place) return [];
    return [
      `src/${from} imports src/${to}, but ${layerOf(to)} comes after ${layerOf(from)}; say the need in src/${layerOf(from)}/contract.ts`,
    ];
  });
}

/** Circles among files, each once: "a.ts -> b.ts -> a.ts". */
export function circles(imports: readonly Import[]): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const path: string[] = [];
  const found: string[] = [];
  const visit = (file: string): void => {
    const at = path.indexOf(file);
    if (at >= 0) found.push([...path.slice(at), file].join(" -> "));
    if (at >= 0 || done.has(file)) return;
    path.push(file);
    for (const to of next.get(file) ?? []) visit(to);
    path.pop();
    done.add(file);
  };
  for (const file of [...next.keys()].sort()) visit(file);
  return found;
}

/** Folders of which neither lies in the other, and which import from each other: rooms with two doors, in sentences. */
export function twoWayFolders(imports: readonly Import[]): string[] {
  const folderOf = (file: string): string => posix.dirname(file);
  const inside = (a: string, b: string): boolean => `${a}/`.startsWith(`${b}/`);
  const ways = new Map<string, Import>();
  for (const each of imports) {
    const [from, to] = [folderOf(each.from), folderOf(each.to)];
    if (from !== "." && to !== "." && !inside(from, to) && !inside(to, from)) ways.set(`${from} ${to}`, each);
  }
  return [...ways].flatMap(([way, there]) => {
    const [from, to] = way.split(" ") as [string, string];
    const back = from < to ? ways.get(`${to} ${from}`) : undefined;
    return back
      ? [`${from} and ${to} import each other: ${there.from} has ${there.to}, ${back.from} has ${back.to}`]
      : [];
  });
}
