import { hashOf } from "../../base/canonical.js";
import { isError, SluiceError } from "../../base/errors.js";
import type { Row } from "../../base/schema.js";
import type { Cluster } from "../../sources/options.js";
import { byBytes } from "../../sources/paths.js";
import type { SourceFile, SparkRead, SparkScan } from "../../sources/scan.js";
import { text } from "../../sql/spark/literals.js";
import { type Frame, files, formula, frame, project, sql, table, withColumns } from "./plan.js";
import type { SparkSession } from "./session.js";
import { isUnfinished } from "./standing.js";
import { schemaOf } from "./types.js";

/** The rows behind a name, as the cluster has them. */
export function sourceFrame(read: SparkRead): Frame {
  switch (read.kind) {
    case "table":
      return table(read.table);
    case "sql":
      return sql(read.text);
    case "files":
      return files(read.form, read.paths, read.form === "csv" ? { header: "true", inferSchema: "true" } : {});
    case "sent":
      return frame({ case: "cachedRemoteRelation", value: { relationId: read.relation } });
  }
}

/** 63 bits of the row's values: the place of a row that stands in no known file. */
const digest = "(xxhash64(to_json(struct(*))) & 9223372036854775807L)";

/** The rows of a scan with their identity beside them: `__file` and `__row`. */
export function identified(scan: SparkScan): Frame {
  const source = sourceFrame(scan.read);
  if (scan.read.kind === "sent") return source; // sent with both columns
  if (scan.identity === "digest") return sql(`SELECT *, 0 AS __file, ${digest} AS __row FROM source`, {}, { source });
  const paths = scan.files.map(({ path }) => text(path)).join(", ");
  const place = `CAST(array_position(array(${paths}), _metadata.file_path) - 1 AS INT)`;
  return withColumns(source, { __file: formula(place), __row: formula("_metadata.row_index") });
}

/** Opens and watches what lies on the cluster. */
export class SparkCluster implements Cluster {
  readonly #rows: (frame: Frame) => Promise<Row[]>;
  readonly #session: SparkSession;
  /** Rows of the files that were opened, by their fingerprints. */
  readonly #counts = new Map<string, number>();

  constructor(rows: (frame: Frame) => Promise<Row[]>, session: SparkSession) {
    this.#rows = rows;
    this.#session = session;
  }

  async open(read: SparkRead, spec: string): Promise<SparkScan> {
    const source = sourceFrame(read);
    const schema = schemaOf(await this.#session.schema(source));
    const taken = schema.columns.find(({ name }) => name === "__file" || name === "__row");
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
    return {
      format: "spark",
      name: `source_${hashOf(files.map(({ fingerprint }) => fingerprint)).slice(0, 12)}`,
      read,
      files,
      schema,
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
