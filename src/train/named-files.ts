import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { runOne } from "../engines/duckdb/statement.js";
import { tableSpec } from "../sources/table.js";
import { quote, text } from "../sql/duckdb/literals.js";
import { describeSource } from "./source.js";
import type { Workspace } from "./workspace.js";

const fileEnding =
  /\.(?:csv|tsv|tab|psv|txt|jsonl|ndjson|json|svm|libsvm|arrow|feather|ipc|parquet|pq)(?:\.(?:gz|zst))?$/i;

/** What was assumed of a file that a query names, and the rows of it that do not fit. */
export interface NamedFile {
  readonly name: string;
  readonly assumed: readonly string[];
  readonly setAside: number;
}

/**
 * Files that a query names as tables (`FROM 'rides.csv'`, `FROM 'rides.duckdb:trips'`) are read as everywhere else: text is landed, and each put under its
 * name before the database would guess at it on its own.
 */
export async function readNamedFiles(query: string, workspace: Workspace): Promise<NamedFile[]> {
  const { local } = workspace;
  const names = await local.use((connection) => tablesIn(query, connection));
  const files: NamedFile[] = [];
  for (const name of names) {
    if (!fileEnding.test(name) && !tableSpec(name)) continue;
    const source = await describeSource([name], {}, workspace);
    const scan = await local.land(source, {
      badRows: "keep-aside",
      asideDir: join(workspace.home.root, "aside"),
      ...(workspace.signal ? { signal: workspace.signal } : {}),
    });
    if (scan.format !== "parquet" && scan.format !== "table") continue;
    // Asked for no row, a table's file is attached.
    if (scan.format === "table") await local.rows({ kind: "limit", from: { kind: "scan", scan }, rows: 0 }, 1);
    await local.use((connection) =>
      runOne(connection, `CREATE OR REPLACE VIEW ${quote(name)} AS ${local.sql({ kind: "scan", scan })}`),
    );
    if (source.format === "parquet" || scan.format === "table") continue;
    files.push({
      name,
      assumed: scan.landed?.assumed ?? ("assumed" in source ? source.assumed : []),
      setAside: scan.landed?.setAside ?? 0,
    });
  }
  return files;
}

/** The tables that a query names, wherever in it: a query is a tree in JSON to DuckDB; of other statements it tells them alone. */
async function tablesIn(query: string, connection: DuckDBConnection): Promise<ReadonlySet<string>> {
  const serialized = await runOne(connection, `SELECT json_serialize_sql(CAST(${text(query)} AS VARCHAR))`);
  const [[json]] = (await serialized.getRowsJS()) as [[string]];
  const tree = JSON.parse(json) as { error: boolean };
  if (tree.error) {
    try {
      return new Set(connection.getTableNames(query, false));
    } catch {
      return new Set(); // what is wrong with the query is told when it is run
    }
  }
  const found = new Set<string>();
  const waiting: unknown[] = [tree];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node === null || typeof node !== "object") continue;
    const { type, table_name: table, schema_name: schema } = node as { [field: string]: unknown };
    if (type === "BASE_TABLE" && typeof table === "string" && schema === "") found.add(table);
    waiting.push(...Object.values(node));
  }
  return found;
}
