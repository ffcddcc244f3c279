import { SluiceError } from "../base/errors.js";
import type { Row, Value } from "../base/schema.js";
import { formatCount } from "../base/units.js";
import { type CommonFlags, type Context, openWorkspace, wholeNumber } from "./command.js";
import { table } from "./tables.js";

export async function sql(query: string, flags: CommonFlags & { limit: string }, context: Context): Promise<void> {
  const limit = wholeNumber("limit", flags.limit)!;
  await using workspace = await openWorkspace(flags, context.signal);
  let rows: Row[];
  try {
    rows = await workspace.engine.rows({ kind: "sql", text: query }, limit + 1, context.signal);
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    throw new SluiceError(
      "bad_formula",
      `the query does not run: ${(error as Error).message}`,
      { query },
      { cause: error },
    );
  }
  const shown = rows.slice(0, limit);
  const names = Object.keys(shown[0] ?? {});
  if (shown.length === 0) context.print("no rows");
  else
    context.print(
      table(
        names,
        shown.map((row) => names.map((name) => text(row[name] ?? null))),
      ),
    );
  if (rows.length > limit) context.print(`the first ${formatCount(limit)} rows (--limit ${limit * 10} for more)`);
  context.json({
    rows: shown.map((row) => Object.fromEntries(names.map((name) => [name, plain(row[name] ?? null)]))),
    more: rows.length > limit,
  });
}

function plain(value: Value): unknown {
  if (value && typeof value === "object" && "days" in value)
    return new Date(value.days * 86_400_000).toISOString().slice(0, 10);
  if (value && typeof value === "object" && "micros" in value)
    return new Date(Number(value.micros / 1000n)).toISOString().replace("T", " ").replace("Z", "");
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return Array.isArray(value) ? value.map(plain) : value;
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
