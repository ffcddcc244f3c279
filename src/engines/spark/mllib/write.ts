import type { Target } from "../../contract.js";
import type { SparkSession } from "../connection/session.js";
import type { Frame } from "../frames/plan.js";
import { writeThere } from "../tables/write-there.js";
import { collect } from "./collect.js";
import { removeFiles } from "./helper.js";

export interface Written {
  /** Of a path; a table has the form that its catalog gives it from this one. */
  readonly format?: Target["format"];
  /** What is there is replaced; without it, it is an error that something is. */
  readonly overwrite?: boolean;
}

/** Writes a frame to a table of the cluster (`late_flights`) or to a path as it sees it (anything with a `/`); gives the rows there. */
export async function write(
  session: SparkSession,
  frame: Frame,
  to: string,
  { format = "parquet", overwrite = false }: Written = {},
): Promise<number> {
  const cluster = {
    session,
    run: async (command: Parameters<SparkSession["run"]>[0]) => {
      for await (const _ of session.run(command)) void _;
    },
    rows: async (rows: Frame) => [...(await collect(session, rows))],
    removeFiles: (path: string) => removeFiles(session, path),
  };
  return writeThere(cluster, frame, { format, overwrite, path: to.startsWith("sc:") ? to : `sc:${to}` });
}
