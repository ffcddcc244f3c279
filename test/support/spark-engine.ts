import { join } from "node:path";
import { DuckDBEngine } from "../../src/engines/duckdb.js";
import { parseRemote } from "../../src/engines/spark/connection/remote.js";
import { SparkEngine } from "../../src/engines/spark.js";

/** An engine on a cluster, beside DuckDB for what is here. */
export async function sparkEngine(
  remote: string,
  dir: string,
  patienceMs?: number,
): Promise<SparkEngine & AsyncDisposable> {
  const local = await DuckDBEngine.open({
    memoryBytes: 100e6,
    threads: 1,
    spillDir: join(dir, "spill"),
    cacheDir: dir,
  });
  const engine = await SparkEngine.open({
    remote: parseRemote(remote),
    local,
    ...(patienceMs === undefined ? {} : { patienceMs }),
  });
  const close = engine[Symbol.asyncDispose].bind(engine);
  engine[Symbol.asyncDispose] = async () => {
    await close();
    await local[Symbol.asyncDispose]();
  };
  return engine;
}
