import type { SparkSession } from "./session.js";

export interface DriverPage {
  get<T>(path: string): Promise<T>;
  /** Of all executors; in a single process, of that. */
  cores(): Promise<number>;
}

/** The driver's page (spark.ui.port, 4040) as JSON: what it knows that Spark Connect does not tell. Throws where it cannot be reached. */
export async function driverPage(session: SparkSession): Promise<DriverPage> {
  const [host = "127.0.0.1", port = "4040", app] = await Promise.all(
    ["spark.driver.host", "spark.ui.port", "spark.app.id"].map((key) => session.setting(key)),
  );
  if (app === undefined) throw new Error("the server does not tell its application's id");
  const base = `http://${host}:${port}/api/v1/applications/${app}`;
  const get = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`${base}${path}`, { signal: AbortSignal.timeout(10_000) }).catch((error: Error) => {
      throw new Error(`${base} does not answer (${(error.cause as Error | undefined)?.message ?? error.message})`);
    });
    if (!answer.ok) throw new Error(`${base} answers ${answer.status}`);
    return (await answer.json()) as T;
  };
  return {
    get,
    cores: async () =>
      (await get<{ totalCores: number }[]>("/executors")).reduce((sum, { totalCores }) => sum + totalCores, 0),
  };
}
