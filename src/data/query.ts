import { StatementType } from "@duckdb/node-api";
import { SluiceError } from "../base/errors.js";
import type { Row, Value } from "../base/schema.js";
import { printDate, printTimestamp } from "../expr/time.js";
import type { Workspace } from "../workspace/workspace.js";
import { type NamedFile, readNamedFiles } from "./named-files.js";

export interface Answered {
  /** The first rows, as many as were asked for. */
  readonly rows: readonly Row[];
  /** The query has more. */
  readonly more: boolean;
  /** Text files that the query names: what was assumed of each, and how many of its rows are set aside. */
  readonly files: readonly NamedFile[];
}

/** Rows of one query that only reads; files that it names are tables. `around` is there for who shows what goes on. */
export async function askQuery(
  query: string,
  limit: number,
  workspace: Workspace,
  around: (asked: () => Promise<Row[]>) => Promise<Row[]> = (asked) => asked(),
): Promise<Answered> {
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
    const rows = await around(() => workspace.engine.rows({ kind: "sql", text: query }, limit + 1, workspace.signal));
    return { rows: rows.slice(0, limit), more: rows.length > limit, files };
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    throw new SluiceError(
      "bad_formula",
      `the query does not run: ${(error as Error).message.replace(/^Failed to extract statements: /, "")}`,
      { query },
      { cause: error },
    );
  }
}

/** Binds the query as it was written, so that what is wrong is told in its own words. */
async function check(query: string, workspace: Workspace): Promise<void> {
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

/** Dates and times as text, and what else there is as it is. */
export function plainValue(value: Value): unknown {
  if (value && typeof value === "object" && "days" in value) return printDate(value.days);
  if (value && typeof value === "object" && "micros" in value) return printTimestamp(value.micros);
  return Array.isArray(value) ? value.map(plainValue) : value;
}
