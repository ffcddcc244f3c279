/** Where rows seem to be inside a file's only record, in words: a list in one of its fields, or objects of the same keys, as pandas writes columns. */
export function rowsInside(record: string): string | undefined {
  let document: unknown;
  try {
    document = JSON.parse(record);
  } catch {
    return undefined; // what is wrong with it is told elsewhere
  }
  if (!isObject(document)) return undefined;
  const fields = Object.entries(document);
  const [name, list] =
    fields.find(([, value]) => Array.isArray(value) && value.length > 1 && value.every(isNested)) ?? [];
  if (Array.isArray(list)) return `a list of ${list.length} items in its field ${JSON.stringify(name)}`;
  const [first, ...others] = fields.map(([, value]) => (isObject(value) ? Object.keys(value).join("\0") : undefined));
  return first?.includes("\0") && others.length > 0 && others.every((keys) => keys === first)
    ? `${fields.length} objects with the same keys`
    : undefined;
}

const isNested = (value: unknown): boolean => typeof value === "object" && value !== null;
const isObject = (value: unknown): value is object => isNested(value) && !Array.isArray(value);
