import { rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { wantedSpark } from "../../scripts/optional.mjs";
import { type SparkServer, startSpark } from "../../scripts/spark.mjs";

declare module "vitest" {
  interface ProvidedContext {
    /** Where to ask for the address of this run's Spark server: the first who asks has it started. */
    sparkBroker: string;
  }
}

/** One Spark server for a run of tests, and none for a run that has no test of Spark. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { version, remote } = wantedSpark();
  let starting: Promise<Pick<SparkServer, "remote"> & Partial<SparkServer>> | undefined;
  if (remote) starting = Promise.resolve({ remote });
  const broker = createServer((_, response) => {
    starting ??= freePort().then((port) => startSpark({ port, ...(version ? { version } : {}) }));
    starting.then(
      ({ remote }) => response.end(remote),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  project.provide("sparkBroker", `http://127.0.0.1:${await listening(broker)}`);
  return async () => {
    broker.closeAllConnections();
    broker.close();
    const server = await starting?.catch(() => undefined);
    server?.stop?.();
    if (server?.folder) rmSync(server.folder, { recursive: true, force: true });
  };
}

const listening = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
