import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import {
  bool as arrowBool,
  columnFromArray,
  type DataType,
  dateDay,
  float64,
  int32,
  int64,
  list,
  tableFromColumns,
  tableToIPC,
  timestamp,
  utf8,
} from "@uwdata/flechette";
import { hashOf } from "../../../base/canonical.js";
import { SluiceError } from "../../../base/errors.js";
import type { Row, Schema, Type, Value } from "../../../base/schema.js";
import { formatBytes } from "../../../base/units.js";
import type { ParquetScan, SparkScan, TableScan } from "../../../sources/scan.js";
import { quote } from "../../../sql/spark/literals.js";
import type { Engine } from "../../contract.js";
import type { SparkSession } from "../connection/session.js";
import { command, type Frame, frame } from "../frames/plan.js";

/** A local source beyond this is copied to the cluster's storage by its owner: the wire is for small tables. */
export const largestSentBytes = 256e6;
const rowsPerPiece = 20_000;
const chunkBytes = 1 << 20;

/** Rows of this machine as a table of the session, with the identity that they have here. */
export async function send(
  scan: ParquetScan | TableScan,
  local: Engine,
  session: SparkSession,
  signal?: AbortSignal,
): Promise<SparkScan> {
  const bytes = scan.files.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes > largestSentBytes)
    throw new SluiceError(
      "usage",
      `${scan.files[0]!.path} has ${formatBytes(bytes)}, and up to ${formatBytes(largestSentBytes)} are sent to a cluster; copy it there (hadoop fs -put ${scan.files[0]!.path} /data/) and name it sc:/data/...`,
      { bytes },
    );
  const columns = scan.schema.columns.filter(({ type }) => arrowType(type) !== undefined);
  const schema: Schema = { columns };
  const hashes: string[] = [];
  for (const [file] of scan.files.entries())
    for (let from = 0; ; from += rowsPerPiece) {
      const rows = await local.rows(
        {
          kind: "project",
          from: { kind: "scan", scan, part: { file, from, to: from + rowsPerPiece } },
          columns: Object.fromEntries(columns.map(({ name }) => [name, { kind: "col", name }] as const)),
        },
        rowsPerPiece,
        signal,
      );
      if (rows.length === 0 && (from > 0 || hashes.length > 0)) break;
      hashes.push(await keep(session, pieceOf(rows, schema, file, from)));
      if (rows.length < rowsPerPiece) break;
    }
  const ddl = `${columns.map(({ name, type }) => `${quote(name)} ${ddlType(type)}`).join(", ")}, __file INT, __row BIGINT`;
  const schemaHash = await keep(session, new TextEncoder().encode(ddl));
  const rows = frame({ case: "chunkedCachedLocalRelation", value: { dataHashes: hashes, schemaHash } });
  return {
    format: "spark",
    name: `source_${hashOf(scan.files.map(({ fingerprint }) => fingerprint)).slice(0, 12)}`,
    read: { kind: "sent", relation: await kept(session, rows, signal) },
    files: scan.files,
    schema,
    identity: "row",
    assumed: [],
  };
}

/** Computed once and held by the executors: a local relation would be read anew from its bytes by every query. */
async function kept(session: SparkSession, relation: Frame, signal?: AbortSignal): Promise<string> {
  const checkpoint = command({ case: "checkpointCommand", value: { relation, local: true, eager: true } });
  for await (const { responseType } of session.run(checkpoint, signal ? { signal } : {}))
    if (responseType.case === "checkpointCommandResult" && responseType.value.relation)
      return responseType.value.relation.relationId;
  throw new Error("Spark gave no relation for what was sent");
}

/** Bytes under their hash in the session's cache; what is there already is not sent again. */
async function keep(session: SparkSession, data: Uint8Array): Promise<string> {
  const hash = createHash("sha256").update(data).digest("hex");
  const name = `cache/${hash}`;
  const { statuses } = await session.call((envelope, call) =>
    session.client.artifactStatus({ ...envelope, names: [name] }, call),
  );
  if (statuses[name]?.exists) return hash;
  const chunk = (at: number) => {
    const part = data.subarray(at, at + chunkBytes);
    return { data: part, crc: BigInt(crc32(part)) };
  };
  const { artifacts } = await session.call((envelope, call) =>
    session.client.addArtifacts(
      (async function* () {
        if (data.length <= chunkBytes) {
          yield { ...envelope, payload: { case: "batch", value: { artifacts: [{ name, data: chunk(0) }] } } as const };
          return;
        }
        const numChunks = BigInt(Math.ceil(data.length / chunkBytes));
        yield {
          ...envelope,
          payload: {
            case: "beginChunk",
            value: { name, totalBytes: BigInt(data.length), numChunks, initialChunk: chunk(0) },
          } as const,
        };
        for (let at = chunkBytes; at < data.length; at += chunkBytes)
          yield { ...envelope, payload: { case: "chunk", value: chunk(at) } as const };
      })(),
      call,
    ),
  );
  if (artifacts.some(({ isCrcSuccessful }) => !isCrcSuccessful))
    throw new SluiceError("cluster_error", "the rows that were sent arrived damaged; try again", {});
  return hash;
}

function pieceOf(rows: readonly Row[], { columns }: Schema, file: number, from: number): Uint8Array {
  const arrays = columns.map(
    ({ name, type }) =>
      [
        name,
        columnFromArray(
          rows.map((row) => arrowValue(row[name]!, type)),
          arrowType(type)!,
        ),
      ] as const,
  );
  const table = tableFromColumns([
    ...arrays,
    ["__file", columnFromArray(new Int32Array(rows.length).fill(file), int32())],
    [
      "__row",
      columnFromArray(
        BigInt64Array.from(rows, (_, i) => BigInt(from + i)),
        int64(),
      ),
    ],
  ] as never);
  return tableToIPC(table, { format: "stream" })!;
}

/** Written out: flechette's own choice for text is a dictionary, of which Spark reads the indices. */
function arrowType(type: Type): DataType | undefined {
  switch (type.kind) {
    case "bool":
      return arrowBool();
    case "int64":
      return int64();
    case "real":
    case "decimal":
      return float64();
    case "text":
      return utf8();
    case "date":
      return dateDay();
    case "timestamp":
      return timestamp(2, type.utc ? "UTC" : null);
    case "list":
      return type.of.kind === "real" || type.of.kind === "int64" ? list(float64()) : undefined;
    default:
      return undefined;
  }
}

function ddlType(type: Type): string {
  switch (type.kind) {
    case "bool":
      return "BOOLEAN";
    case "int64":
      return "BIGINT";
    case "text":
      return "STRING";
    case "date":
      return "DATE";
    case "timestamp":
      return type.utc ? "TIMESTAMP" : "TIMESTAMP_NTZ";
    case "list":
      return "ARRAY<DOUBLE>";
    default:
      return "DOUBLE";
  }
}

function arrowValue(value: Value, type: Type): unknown {
  if (value === null) return null;
  if (type.kind === "int64") return BigInt(value as number);
  if (typeof value === "object" && "days" in value) return (value.days as number) * 86_400_000;
  if (typeof value === "object" && "micros" in value) return Number(value.micros) / 1000;
  return value;
}
