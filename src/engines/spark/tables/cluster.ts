import { hashOf } from "../../../base/canonical.js";
import { isError, SluiceError } from "../../../base/errors.js";
import type { Row, Schema } from "../../../base/schema.js";
import { leavesOf } from "../../../sources/names.js";
import type { Cluster } from "../../../sources/options.js";
import { byBytes } from "../../../sources/paths.js";
import type { SourceFile, SparkRead, SparkScan } from "../../../sources/scan.js";
import { quote, text } from "../../../sql/spark/literals.js";
import { firstRowsStay } from "../../../sql/spark/scan.js";
import type { SparkSession } from "../connection/session.js";
import { column, command, type Frame, files, formula, frame, project, sql, table } from "../frames/plan.js";
import { schemaOf } from "../frames/types.js";
import { isUnfinished } from "./standing.js";

/** The rows behind a name, as the cluster has them. */
export function sourceFrame(read: SparkRead): Frame {
  switch (read.kind) {
    case "table":
      return table(read.table);
    case "sql":
      return queried(read.text);
    case "files":
      return files(read.form, read.paths, read.form === "csv" ? { header: "true", inferSchema: "true" } : {});
    case "sent":
      return frame({ case: "cachedRemoteRelation", value: { relationId: read.relation } });
  }
}

/** A query that says how many rows it takes is kept from what is computed of them. */
const queried = (text: string): Frame => {
  const rows = sql(text);
  return /\b(limit|offset)\b/i.test(text) ? sql(`SELECT * FROM rows WHERE ${firstRowsStay}`, {}, { rows }) : rows;
};

/** 63 bits of the row's values: the place of a row that stands in no known file. */
const digest = "(xxhash64(to_json(struct(*))) & 9223372036854775807L)";

/** The columns of a scan, and the identity of its rows beside them: `__file` and `__row`. */
function identified(scan: SparkScan, source = sourceFrame(scan.read)): Frame {
  if (scan.read.kind === "sent") return source; // sent with both columns
  const columns = Object.fromEntries(
    scan.schema.columns.map(({ name }) => [name, formula((scan.paths?.[name] ?? [name]).map(quote).join("."))]),
  );
  if (scan.identity === "digest") {
    const rows = sql(`SELECT *, 0 AS __file, ${digest} AS __row FROM source`, {}, { source });
    return scan.paths ? project(rows, { ...columns, __file: column("__file"), __row: column("__row") }) : rows;
  }
  const paths = scan.files.map(({ path }) => text(path)).join(", ");
  const place = `CAST(array_position(array(${paths}), _metadata.file_path) - 1 AS INT)`;
  return project(source, { ...columns, __file: formula(place), __row: formula("_metadata.row_index") });
}

/** Opens and watches what lies on the cluster. */
export class SparkCluster implements Cluster {
  readonly #rows: (frame: Frame) => Promise<Row[]>;
  readonly #session: SparkSession;
  /** Views of the scans that were opened, by their names. */
  readonly #views = new Map<string, string>();
  /** Rows of the files that were opened, by their fingerprints. */
  readonly #counts = new Map<string, number>();

  constructor(rows: (frame: Frame) => Promise<Row[]>, session: SparkSession) {
    this.#rows = rows;
    this.#session = session;
  }

  /** The columns of a scan, and the identity of its rows beside them. */
  rowsOf(scan: SparkScan): Frame {
    const view = this.#views.get(scan.name);
    return view === undefined ? identified(scan) : table(view);
  }

  /** A view is listed and analysed once: else the cluster lists all files, and reads one for its schema, in jobs before each query. */
  async #keepView(scan: SparkScan, source: Frame): Promise<void> {
    const name = `__sluice_${scan.name}_${this.#session.sessionId.slice(0, 8)}_${this.#views.size}`;
    const value = { input: identified(scan, source), name, isGlobal: false, replace: true };
    for await (const _ of this.#session.run(command({ case: "createDataframeView", value }))) void _;
    this.#views.set(scan.name, name);
  }

  async open(read: SparkRead, spec: string): Promise<SparkScan> {
    const source = sourceFrame(read);
    const stored = schemaOf(await this.#session.schema(source)).columns;
    const { columns, paths } = leavesOf(stored.map(({ name, type }) => ({ name, under: name, type })));
    const schema: Schema = { columns };
    const taken = stored.find(({ name }) => name === "__file" || name === "__row");
    if (taken)
      throw new SluiceError(
        "unreadable_source",
        `${spec} has a column "${taken.name}", a name that we need; rename it in a query: sc:SELECT ...`,
        {
          column: taken.name,
        },
      );
    const listed = read.kind === "sql" ? undefined : await this.#files(source);
    const files = listed ?? [await this.#asOne(source, spec)];
    const scan: SparkScan = {
      format: "spark",
      name: `source_${hashOf(files.map(({ fingerprint }) => fingerprint)).slice(0, 12)}`,
      read,
      files,
      schema,
      ...(Object.keys(paths).length > 0 ? { paths } : {}),
      identity: listed ? "row" : "digest",
      assumed: [
        ...(await this.#unfinished(read)),
        ...(listed
          ? []
          : [
              `the rows of ${spec} stand in no Parquet file, so a digest of its values stands for a row: equal rows are on one side of a split, and the model differs from one trained on the files`,
            ]),
      ],
    };
    await this.#keepView(scan, source);
    return scan;
  }

  async #unfinished(read: SparkRead): Promise<string[]> {
    const paths = read.kind === "files" ? read.paths : [];
    const found = await Promise.all(paths.map((path) => isUnfinished(this.#session, path)));
    return paths
      .filter((_, i) => found[i])
      .map(
        (path) =>
          `a write to ${path} is going on, or broke off: there is a folder _temporary in it, and rows may be missing`,
      );
  }

  /** How many rows each file has; nothing of a table that was sent, which is small. */
  async rowsIn({ read, files }: SparkScan): Promise<readonly number[] | undefined> {
    if (read.kind === "sent") return undefined;
    if (!files.every(({ fingerprint }) => this.#counts.has(fingerprint))) await this.open(read, files[0]!.path);
    return files.map(({ fingerprint }) => this.#counts.get(fingerprint) ?? 0);
  }

  async checkUnchanged(scan: SparkScan): Promise<void> {
    if (scan.read.kind === "sent") return;
    const source = sourceFrame(scan.read);
    const now =
      scan.identity === "row"
        ? await this.#files(source).catch((error: unknown) => {
            if (isError(error, "missing_file")) return undefined;
            throw error; // a cluster that is away has not changed its files
          })
        : [await this.#asOne(source, scan.files[0]!.path)];
    const changed = scan.files.find((file, i) => now?.[i]?.fingerprint !== file.fingerprint);
    const [name, problem] = changed
      ? [
          changed.path,
          now?.some(({ path }) => path === changed.path) ? "has changed during the run" : "was removed during the run",
        ]
      : [now?.[scan.files.length]?.path, "was added during the run"];
    if (name !== undefined)
      throw new SluiceError(
        "changed_source",
        `${name} ${problem}; start again, so that every row is read from one version of it`,
        {
          file: name,
        },
      );
  }

  /** The Parquet files that rows come from, in the order of their paths' bytes; nothing where rows have no place in one. */
  async #files(source: Frame): Promise<SourceFile[] | undefined> {
    const facts = project(source, {
      path: formula("_metadata.file_path"),
      bytes: formula("_metadata.file_size"),
      modified: formula("unix_millis(_metadata.file_modification_time)"),
      row: formula("_metadata.row_index"),
    });
    const places =
      "SELECT path, max(bytes) AS bytes, max(modified) AS modified, min(row) AS first, count(*) AS n FROM facts GROUP BY path";
    try {
      const rows = await this.#rows(sql(places, {}, { facts }));
      if (rows.length === 0 || rows.some(({ first }) => first === null)) return undefined;
      return rows
        .map(({ path, bytes, modified, n }) => {
          const fact = { path: String(path), bytes: Number(bytes), modifiedMs: Number(modified) };
          const fingerprint = hashOf(fact);
          this.#counts.set(fingerprint, Number(n));
          return { ...fact, fingerprint };
        })
        .sort((a, b) => byBytes(a.path, b.path));
    } catch (error) {
      // A view, or a form without row numbers, has no such column.
      if (process.env["SLUICE_TRACE"]) console.error("FILES", (error as Error).message, (error as SluiceError).facts);
      if (
        error instanceof SluiceError &&
        ["unknown_column", "cluster_error"].includes(error.code) &&
        error.facts["errorClass"] !== undefined
      )
        return undefined;
      throw error;
    }
  }

  async #asOne(source: Frame, spec: string): Promise<SourceFile> {
    const [row] = await this.#rows(
      sql(
        `SELECT count(*) AS n, bit_xor(digest) AS x, sum(shiftright(digest, 32)) AS s FROM (SELECT ${digest} AS digest FROM source)`,
        {},
        { source },
      ),
    );
    const { n, x, s } = row ?? {};
    const fingerprint = hashOf([String(n), String(x), String(s)]);
    this.#counts.set(fingerprint, Number(n));
    return { path: spec, bytes: 0, modifiedMs: 0, fingerprint };
  }
}
