import type { Value } from "../base/schema.js";
import { formatCount } from "../base/units.js";
import { askQuery, plainValue } from "../data/query.js";
import { type CommonFlags, type Context, openWorkspace, wholeNumber } from "./command.js";
import { table } from "./tables.js";
import { watching } from "./watch.js";

export async function sql(query: string, flags: CommonFlags & { limit: string }, context: Context): Promise<void> {
  const limit = wholeNumber("limit", flags.limit)!;
  await using workspace = await openWorkspace(flags, context.signal);
  const { rows, more, files } = await askQuery(query, limit, workspace, (asked) =>
    watching(workspace, flags, "asking", asked),
  );
  const names = Object.keys(rows[0] ?? {});
  if (rows.length === 0) context.print("no rows");
  else
    context.print(
      table(
        names,
        rows.map((row) => names.map((name) => text(row[name] ?? null))),
      ),
    );
  if (more) context.print(`the first ${formatCount(limit)} rows (--limit ${limit * 10} for more)`);
  for (const { name, assumed, setAside } of files) {
    for (const sentence of assumed) context.print(`assumed of ${name}: ${sentence}`);
    if (setAside > 0) context.print(`${formatCount(setAside)} rows of ${name} don't fit and are set aside`);
  }
  context.json({
    rows: rows.map((row) => Object.fromEntries(names.map((name) => [name, plain(row[name] ?? null)]))),
    more,
    ...(files.length > 0 ? { files } : {}),
  });
}

/** As JSON carries it: what is no number there (a time, NaN, an infinity) as text. */
function plain(value: Value): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return Array.isArray(value) ? value.map(plain) : plainValue(value);
}

export const text = (value: Value): string => {
  const shown = plain(value);
  return shown === null
    ? ""
    : typeof shown === "string"
      ? shown
      : typeof shown === "object"
        ? JSON.stringify(shown)
        : String(shown);
};
