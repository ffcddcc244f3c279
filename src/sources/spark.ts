import { SluiceError } from "../base/errors.js";
import type { SourceOptions } from "./options.js";
import type { SparkRead, SparkScan } from "./scan.js";

const scheme = "sc:";
const forms: Readonly<Record<string, string>> = {
  parquet: "parquet",
  csv: "csv",
  json: "json",
  jsonl: "json",
  orc: "orc",
};

/** Whether a name is one of a cluster: `sc:flights`, `sc:/data/flights/*.parquet`, `sc:s3://bucket/flights/`, `sc:SELECT ...`. */
export const isSparkSpec = (spec: string): boolean => spec.startsWith(scheme) && !spec.startsWith("sc://");

/** What a name behind `sc:` means: a query, files, or else a table. */
export function sparkRead(specs: readonly string[]): SparkRead {
  const names = specs.map((spec) => spec.slice(scheme.length).trim());
  const [first = ""] = names;
  if (first === "")
    throw new SluiceError("usage", `"${specs[0]}" names nothing; write sc:TABLE, sc:/path/*.parquet or sc:SELECT ...`, {
      spec: specs[0],
    });
  if (/^(select|with|values|from|table)\s/i.test(first)) return only({ kind: "sql", text: first }, specs);
  if (names.every((name) => name.includes("/"))) return { kind: "files", form: formOf(names), paths: names };
  return only({ kind: "table", table: first }, specs);
}

function only(read: SparkRead, specs: readonly string[]): SparkRead {
  if (specs.length > 1)
    throw new SluiceError(
      "usage",
      `a table or query of a cluster cannot be joined with other sources (${specs.join(", ")}); write one query: sc:SELECT ... UNION ALL ...`,
      {
        specs,
      },
    );
  return read;
}

function formOf(paths: readonly string[]): string {
  const endings = new Set(
    paths.map((path) => forms[/\.([a-z]+)(?:\.(?:gz|zst|snappy))?$/i.exec(path)?.[1]?.toLowerCase() ?? ""]),
  );
  if (endings.size > 1)
    throw new SluiceError(
      "unreadable_source",
      `${paths.join(", ")} are of different forms; all files of one source need one`,
      {
        paths,
      },
    );
  return [...endings][0] ?? "parquet";
}

export function spark(specs: readonly string[], { cluster }: SourceOptions): Promise<SparkScan> {
  const local = specs.filter((spec) => !isSparkSpec(spec));
  if (local.length > 0)
    throw new SluiceError(
      "usage",
      `${local.join(", ")} cannot be joined with sources on a cluster; copy it there first`,
      { specs },
    );
  if (!cluster)
    throw new SluiceError(
      "usage",
      `${specs[0]} is on a Spark cluster; say which with --on sc://host:15002, or set SPARK_REMOTE`,
      {
        specs,
      },
    );
  return cluster.open(sparkRead(specs), specs.join(", "));
}
