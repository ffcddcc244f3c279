import { join } from "node:path";
import { runOne } from "../engines/duckdb/statement.js";
import { path, quote } from "../sql/duckdb/literals.js";
import { describeSource } from "./source.js";
import type { Workspace } from "./workspace.js";

const textEnding = /\.(?:csv|tsv|tab|psv|txt|jsonl|ndjson|json|svm|libsvm|arrow|feather|ipc)(?:\.(?:gz|zst))?$/i;

/** What was assumed of a text file that a query names, and the rows of it that do not fit. */
export interface NamedFile {
  readonly name: string;
  readonly assumed: readonly string[];
  readonly setAside: number;
}

/**
 * Text files that a query names as tables (`FROM 'rides.csv'`) are read as everywhere else: landed, and put under their
 * name before the database would guess at them on its own.
 */
export async function readNamedFiles(query: string, workspace: Workspace): Promise<NamedFile[]> {
  const names = await workspace.local.use(async (connection) => connection.getTableNames(query, false));
  const files: NamedFile[] = [];
  for (const name of new Set(names)) {
    if (!textEnding.test(name)) continue;
    const source = await describeSource([name], {}, workspace);
    const landed = await workspace.local.land(source, {
      badRows: "keep-aside",
      asideDir: join(workspace.home.root, "aside"),
      ...(workspace.signal ? { signal: workspace.signal } : {}),
    });
    if (landed.format !== "parquet") continue;
    const paths = landed.files.map(({ path: file }) => path(file)).join(", ");
    await workspace.local.use(async (connection) => {
      await runOne(
        connection,
        `CREATE OR REPLACE VIEW ${quote(name)} AS SELECT * FROM read_parquet([${paths}], hive_partitioning = false)`,
      );
    });
    files.push({
      name,
      assumed: landed.landed?.assumed ?? ("assumed" in source ? source.assumed : []),
      setAside: landed.landed?.setAside ?? 0,
    });
  }
  return files;
}
