import { describe, inject } from "vitest";
import { parseRemote } from "../../src/engines/spark/remote.js";
import { SparkSession } from "../../src/engines/spark/session.js";

/** The Spark Connect server of this test run, or the one that SPARK_REMOTE names. */
const address = (inject("sparkRemote" as never) as string | undefined) ?? process.env["SPARK_REMOTE"];

/** A block of tests on a real server; without one it is skipped with its reason in the title. */
export const onSpark = (name: string, body: (remote: string) => void): void => {
  if (address !== undefined) describe(name, () => body(address));
  else
    describe.skip(`${name} [skipped: no Spark server; npm run spark:up, then set SPARK_REMOTE]`, () =>
      body("sc://localhost"));
};

export const openSpark = (remote: string): Promise<SparkSession> => SparkSession.open(parseRemote(remote));
