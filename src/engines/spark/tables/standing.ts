import { isError } from "../../../base/errors.js";
import type { SparkSession } from "../connection/session.js";
import { type Frame, files } from "../frames/plan.js";

/** Whether something stands under a name of the cluster's, which cannot always be found out. */
export type Standing = "there" | "absent" | "unknown";

export const standingOf = (session: SparkSession, frame: Frame): Promise<Standing> =>
  session.schema(frame).then(
    (): Standing => "there",
    (error: unknown): Standing => (isError(error, "missing_file") ? "absent" : "unknown"),
  );

/** Reading, these stand for many paths; writing, for themselves. */
export const isPattern = (path: string): boolean => /[*?[\]{}\\]/.test(path);
export const trimmed = (path: string): string => path.replace(/\/+$/, "");

/** Whether a write to a folder of the cluster's is going on, or broke off: Spark keeps what is not finished in a folder of that name. */
export const isUnfinished = async (session: SparkSession, path: string): Promise<boolean> =>
  !isPattern(path) && (await standingOf(session, files("text", [`${trimmed(path)}/_temporary`]))) === "there";
