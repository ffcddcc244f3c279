import type { ParquetScan } from "../../sources/scan.js";

/** Names that the engine gives to columns of its own: where a file has them too, its own are read under others. */
export const isReserved = (name: string): boolean =>
  name === "" || /^(?:file_row_number|file_index|__.*)$/is.test(name);

/**
 * A name in SQL for each column: its own, but for names that another has up to capital letters, which SQL takes for the
 * same, and for reserved ones.
 */
export function storedNames(names: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  const stored = new Map<string, string>();
  for (const name of names) {
    if (isReserved(name) || taken.has(name.toLowerCase())) continue;
    taken.add(name.toLowerCase());
    stored.set(name, name);
  }
  return new Map(
    names.map((name, i) => {
      let free = stored.get(name) ?? `column${i}`;
      for (let n = 1; !stored.has(name) && taken.has(free); n++) free = `column${i}_${n}`;
      taken.add(free);
      return [name, free];
    }),
  );
}

/** Where a column stands in the files: its name there, and for one inside a struct the names down to it. */
export const pathOf = ({ paths }: Pick<ParquetScan, "paths">, name: string): readonly string[] =>
  paths !== undefined && Object.hasOwn(paths, name) ? paths[name]! : [name];

/** The paths of columns that stand under other names than theirs. */
export function pathsOf(stored: ReadonlyMap<string, string>): NonNullable<ParquetScan["paths"]> {
  return Object.fromEntries([...stored].flatMap(([name, under]) => (name === under ? [] : [[name, [under]]])));
}
