/** SQL takes "a" and "A" for one name: each under a name that no other has in any capitals, in their order. */
export function distinctNames(names: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  return new Map(
    names.map((name) => {
      let free = name;
      for (let n = 1; taken.has(free.toLowerCase()); n++) free = `${name}_${n}`;
      taken.add(free.toLowerCase());
      return [name, free];
    }),
  );
}
