import type { Column, Type } from "../base/schema.js";

/**
 * A column's name for each path through structs or objects: `a.b` for `b` in `a`. Names with a point and names that are
 * there twice give way to those that have theirs to themselves, whatever the order; the empty one is "unnamed".
 */
export function flatNames(paths: readonly (readonly string[])[]): string[] {
  const taken = new Set(paths.filter((path) => path.length === 1 && path[0] !== "").map(([name]) => name!));
  const own = new Set<string>();
  const names: string[] = new Array(paths.length);
  const later: number[] = [];
  for (const [i, path] of paths.entries()) {
    const [name] = path;
    if (path.length > 1 || name === "" || own.has(name!)) later.push(i);
    else {
      own.add(name!);
      names[i] = name!;
    }
  }
  // Sorted, so that the order of fields in a file does not matter.
  const key = (i: number): string => paths[i]!.join("\0");
  for (const i of later.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a - b))) {
    const base = paths[i]!.join(".") || "unnamed";
    let name = base;
    for (let n = 1; taken.has(name); n++) name = `${base}_${n}`;
    taken.add(name);
    names[i] = name;
  }
  return names;
}

/** The columns that are no structs, and for each the way to it from the columns as they are stored. */
export function leavesOf(columns: readonly { readonly name: string; readonly under: string; readonly type: Type }[]): {
  readonly columns: readonly Column[];
  readonly paths: Readonly<Record<string, readonly string[]>>;
} {
  const leaves: { readonly path: readonly string[]; readonly under: readonly string[]; readonly type: Type }[] = [];
  const add = (path: readonly string[], under: readonly string[], type: Type): void => {
    if (type.kind !== "struct") leaves.push({ path, under, type });
    else for (const field of type.fields) add([...path, field.name], [...under, field.name], field.type);
  };
  for (const { name, under, type } of columns) add([name], [under], type);
  const names = flatNames(leaves.map(({ path }) => path));
  return {
    columns: leaves.map(({ type }, i) => ({ name: names[i]!, type })),
    paths: Object.fromEntries(
      leaves.flatMap(({ under }, i) => (under.length > 1 || under[0] !== names[i] ? [[names[i]!, under]] : [])),
    ),
  };
}
