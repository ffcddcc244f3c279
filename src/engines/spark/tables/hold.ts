import { hashOf } from "../../../base/canonical.js";
import type { Relation } from "../../../expr/relation.js";
import type { Held } from "../../contract.js";
import type { SparkSession } from "../connection/session.js";
import { command, type Frame, sql } from "../frames/plan.js";
import { schemaOf } from "../frames/types.js";
import type { Command } from "../wire/spark-connect_pb.js";

/** Spark does not compile aggregates of more than 100 columns as one piece with what is below them: 210 sums took 8 times as long. */
const wideAggregates = { "spark.sql.codegen.maxFields": "2000" };

const releaseMs = 10_000;

/**
 * The rows of a frame as columns in the executors' memory, and on their disks where that is full: a view of the session that is cached.
 * The server would keep them after the session has ended, so an interrupted client lets go of them at once, while its queries end. The
 * name is made of what is held: what a killed client left behind is found again, and let go of, by the run that goes on with its work.
 */
export async function hold(
  session: SparkSession,
  relation: Relation,
  input: Frame,
  signal?: AbortSignal,
): Promise<Held> {
  const name = `__sluice_held_${hashOf(relation).slice(0, 16)}`;
  const run = async (plan: Frame | Command, stop: AbortSignal | undefined): Promise<void> => {
    for await (const _ of session.run(plan, stop ? { signal: stop } : {})) void _;
  };
  let released: Promise<void> | undefined;
  const release = (): Promise<void> => {
    signal?.removeEventListener("abort", onAbort);
    released ??= run(sql(`UNCACHE TABLE IF EXISTS ${name}`), AbortSignal.timeout(releaseMs));
    return released;
  };
  const onAbort = (): void => void release().catch(() => {});
  const schema = schemaOf(await session.schema(input, signal));
  await session.configure(wideAggregates);
  await run(command({ case: "createDataframeView", value: { input, name, isGlobal: false, replace: true } }), signal);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await run(sql(`CACHE TABLE ${name}`), signal);
  } catch (error) {
    await release().catch(() => {});
    throw error;
  }
  return { relation: { kind: "sql", text: `SELECT * FROM ${name}`, schema }, release };
}
