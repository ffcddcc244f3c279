import { rmSync } from "node:fs";
import { createServer } from "node:http";
import type { TestProject } from "vitest/node";
import { wantedSpark } from "../../scripts/optional.mjs";
import { type SparkServer, startSpark } from "../../scripts/spark.mjs";
import { freePort, listening } from "./ports.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Where to ask for the address of this run's Spark servers (/whole, /cut): the first who asks for one has it started. */
    sparkBroker: string;
  }
}

/** What distinguishes the servers that tests share: one, and one that ends every stream after a second or 200 KB. */
const kinds: Readonly<Record<string, Parameters<typeof startSpark>[0]>> = {
  whole: {},
  cut: {
    driverMemory: "1g",
    conf: {
      "spark.connect.execute.reattachable.senderMaxStreamDuration": "1s",
      "spark.connect.execute.reattachable.senderMaxStreamSize": "200k",
    },
  },
};

/** One Spark server of each kind for a run of tests, and none for a run that has no test of Spark. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { version, remote } = wantedSpark();
  const starting = new Map<string, Promise<Pick<SparkServer, "remote"> & Partial<SparkServer>>>();
  const broker = createServer(({ url = "/" }, response) => {
    const kind = url.slice(1);
    if (!starting.has(kind))
      starting.set(
        kind,
        remote
          ? Promise.resolve({ remote })
          : freePort().then((port) => startSpark({ port, ...(version ? { version } : {}), ...kinds[kind] })),
      );
    starting.get(kind)!.then(
      ({ remote }) => response.end(remote),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  project.provide("sparkBroker", `http://127.0.0.1:${await listening(broker)}`);
  return async () => {
    broker.closeAllConnections();
    broker.close();
    for (const one of starting.values()) {
      const server = await one.catch(() => undefined);
      server?.stop?.();
      if (server?.folder) rmSync(server.folder, { recursive: true, force: true });
    }
  };
}
