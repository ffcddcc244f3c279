import type { SparkSession } from "../connection/session.js";
import type { Frame } from "../frames/plan.js";

/** Has the cluster keep a frame while it is used several times. */
export async function persisted<T>(session: SparkSession, relation: Frame, work: () => Promise<T>): Promise<T> {
  await session.call((envelope, call) =>
    session.client.analyzePlan({ ...envelope, analyze: { case: "persist", value: { relation } } }, call),
  );
  try {
    return await work();
  } finally {
    await session
      .call((envelope, call) =>
        session.client.analyzePlan({ ...envelope, analyze: { case: "unpersist", value: { relation } } }, call),
      )
      .catch(() => {}); // it ends with the session
  }
}
