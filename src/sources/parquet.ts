import { SluiceError } from "../base/errors.js";
import { readAt } from "./files.js";
import type { SourceOptions } from "./options.js";
import { partitionColumns } from "./partitions.js";
import type { Partition } from "./paths.js";
import type { ParquetScan, SourceFile } from "./scan.js";

/** A scan of Parquet files. The schema comes from the engine's probe; without one it is empty until an engine fills it. */
export async function parquet(
  files: readonly SourceFile[],
  options: SourceOptions,
  partitions: readonly Partition[] = [],
): Promise<ParquetScan> {
  for (const file of files) await checkEnds(file);
  const probed = await options.probe?.parquetSchema(files.map(({ path }) => path));
  const columns = probed?.schema.columns ?? [];
  return {
    format: "parquet",
    files,
    schema: { columns: [...columns, ...partitionColumns(partitions, columns)] },
    ...(probed && Object.keys(probed.paths).length > 0 ? { paths: probed.paths } : {}),
    ...(probed && probed.casts.length > 0 ? { casts: probed.casts } : {}),
    ...(partitions.length > 0 ? { partitions } : {}),
  };
}

/** Parquet begins and ends with PAR1, and the length of its footer stands before the end. */
async function checkEnds(file: SourceFile): Promise<void> {
  const refuse = (what: string): never => {
    throw new SluiceError(
      "unreadable_source",
      `${file.path} ${what}; copy or write it again, or name its form with --format`,
      { file: file.path },
    );
  };
  if (file.bytes === 0)
    throw new SluiceError("empty_source", `${file.path} is empty; a Parquet file has at least a footer`, {
      file: file.path,
    });
  if (file.bytes < 12) refuse(`has ${file.bytes} bytes, too few for Parquet`);
  const head = await readAt(file.path, 0, 4);
  const tail = await readAt(file.path, file.bytes - 8, 8);
  if (tail.toString("latin1", 4) === "PARE" || head.toString("latin1") === "PARE")
    refuse("is an encrypted Parquet file, which is not read");
  if (head.toString("latin1") !== "PAR1") refuse("is not a Parquet file: it does not begin with PAR1");
  if (tail.toString("latin1", 4) !== "PAR1") refuse("is a truncated Parquet file: it does not end with PAR1");
  if (tail.readUInt32LE(0) > file.bytes - 12) refuse("is a damaged Parquet file: its footer is longer than the file");
}
