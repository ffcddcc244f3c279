import type { TestProject } from "vitest/node";
import { optional } from "../../scripts/optional.mjs";
import { startSpark } from "../../scripts/spark.mjs";

declare module "vitest" {
  interface ProvidedContext {
    /** The address of a server that all tests share; empty where none can run. */
    sparkRemote: string;
  }
}

/** One Spark server for all test files, started only where some of them are to run. SPARK_REMOTE names another one. */
export default async function setUp(project: TestProject): Promise<(() => void) | undefined> {
  const given = process.env["SLUICE_TEST_SPARK"];
  if (given !== undefined || optional.spark().where === undefined || !(await wanted(project))) {
    project.provide("sparkRemote", given ?? "");
    return undefined;
  }
  const server = await startSpark({ port: 15_502, driverMemory: "2g" });
  project.provide("sparkRemote", server.remote);
  return () => server.stop();
}

/** Whether this run has test files for it: `vitest run src/base` shall not wait for a server. */
async function wanted(project: TestProject): Promise<boolean> {
  const { filenamePattern } = project.vitest as unknown as { filenamePattern?: string[] };
  const { testFiles } = await project.globTestFiles(filenamePattern ?? []);
  return testFiles.some((file) => file.includes("/test/spark/"));
}
