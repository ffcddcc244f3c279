import { StatementType } from "@duckdb/node-api";
import { SluiceError } from "../base/errors.js";
import type { Row, Value } from "../base/schema.js";
import { formatCount } from "../base/units.js";
import { type NamedFile, readNamedFiles } from "../data/named-files.js";
import { printDate, printTimestamp } from "../expr/time.js";
import { type CommonFlags, type Context, openWorkspace, wholeNumber } from "./command.js";
import { table } from "./tables.js";
import { watching } from "./watch.js";

export async function sql(query: string, flags: CommonFlags & { limit: string }, context: Context): Promise<void> {
  const limit = wholeNumber("limit", flags.limit)!;
  await using workspace = await openWorkspace(flags, context.signal);
  let rows: Row[];
  let files: readonly NamedFile[] = [];
  try {
    if (workspace.engine === workspace.local) {
      // Before the query is bound: its columns have the types that are read, not those that DuckDB would guess.
      files = await readNamedFiles(query, workspace);
      await check(query, workspace);
    } else if (!/^\s*(select|with|from|values|describe|show|table)\b/i.test(query))
      throw new SluiceError(
        "bad_formula",
        "sluice sql only reads; write one query (SELECT, FROM, VALUES, WITH, DESCRIBE or SHOW)",
        { query },
      );
    rows = await watching(workspace, flags, "asking", () =>
      workspace.engine.rows({ kind: "sql", text: query }, limit + 1, context.signal),
    );
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    throw new SluiceError(
      "bad_formula",
      `the query does not run: ${(error as Error).message.replace(/^Failed to extract statements: /, "")}`,
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
  for (const { name, assumed, setAside } of files) {
    for (const sentence of assumed) context.print(`assumed of ${name}: ${sentence}`);
    if (setAside > 0) context.print(`${formatCount(setAside)} rows of ${name} don't fit and are set aside`);
  }
  context.json({
    rows: shown.map((row) => Object.fromEntries(names.map((name) => [name, plain(row[name] ?? null)]))),
    more: rows.length > limit,
    ...(files.length > 0 ? { files } : {}),
  });
}

/** Binds the query as it was written, so that what is wrong is told in its own words. */
async function check(query: string, workspace: Awaited<ReturnType<typeof openWorkspace>>): Promise<void> {
  const refused = (problem: string): SluiceError =>
    new SluiceError("bad_formula", `${problem}; write one query (SELECT, FROM, VALUES, WITH, DESCRIBE or SUMMARIZE)`, {
      query,
    });
  // DuckDB turns a pragma into a query of its own, and fails over no statement at all.
  if (/^\s*(pragma\b|$)/i.test(query)) throw refused(`"${query.trim()}" is no query`);
  await workspace.local.use(async (connection) => {
    const statements = await connection.extractStatements(query);
    if (statements.count !== 1) throw refused(`there are ${statements.count} statements`);
    const statement = await statements.prepare(0);
    try {
      if (statement.statementType !== StatementType.SELECT)
        throw refused(
          `sluice sql only reads, and this is a statement of the kind ${StatementType[statement.statementType]}`,
        );
    } finally {
      statement.destroySync();
    }
  });
}

/** As JSON carries it: what is no number there (a time, NaN, an infinity) as text. */
function plain(value: Value): unknown {
  if (value && typeof value === "object" && "days" in value) return printDate(value.days);
  if (value && typeof value === "object" && "micros" in value) return printTimestamp(value.micros);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
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
