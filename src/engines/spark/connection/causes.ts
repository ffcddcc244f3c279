import type { ErrorCode } from "../../../base/errors.js";
import type { FetchErrorDetailsResponse, FetchErrorDetailsResponse_Error } from "../wire/spark-connect_pb.js";

/** What a cluster lacked, known by Spark's words since it has no class for it, and what to do about each. */
interface Cause {
  readonly is: RegExp;
  readonly code: ErrorCode;
  readonly what: string;
  readonly remedy: string;
}
const causes: readonly Cause[] = [
  {
    is: /stopped SparkContext|SparkContext (was|has been) (shut ?down|stopped)/i,
    code: "cluster_lost",
    what: "it has stopped in the middle of its work",
    remedy: "its log says why (most often memory: spark.driver.memory); start it anew, and run this again",
  },
  {
    is: /spark\.driver\.maxResultSize/,
    code: "cluster_error",
    what: "the results of one query are more than its driver takes",
    remedy: "start it with a larger spark.driver.maxResultSize (0 is without limit)",
  },
  {
    is: /No space left on device|Disk quota exceeded/i,
    code: "disk_full",
    what: "a disk of the cluster is full",
    remedy: "free some, or give it a larger one (spark.local.dir is where it sorts and shuffles)",
  },
  {
    is: /OutOfMemoryError|Java heap space|GC overhead limit|Not enough memory to build and broadcast|UNABLE_TO_ACQUIRE_MEMORY/,
    code: "cluster_error",
    what: "the cluster ran out of memory",
    remedy:
      "give it more (spark.driver.memory, spark.executor.memory), or more partitions (spark.sql.shuffle.partitions)",
  },
  {
    is: /^Application error processing RPC/,
    code: "cluster_error",
    what: "the server failed at a request without saying why",
    remedy: "its log does; where it is out of memory or about to stop, start it anew",
  },
  {
    is: /ExecutorLostFailure/,
    code: "cluster_error",
    what: "executors were lost more often than Spark tries again",
    remedy: "their logs say why (most often memory: spark.executor.memory)",
  },
];

export const causeOf = (words: string): Cause | undefined => causes.find(({ is }) => is.test(words));

/** Errors that say only that something failed below them. */
const wrappers = new Set(["TASK_WRITE_FAILED", "FAILED_READ_FILE.NO_HINT", "JOB_ABORTED"]);

/** The error with what it came from, outermost first. */
export function chainOf(details: FetchErrorDetailsResponse | undefined): readonly FetchErrorDetailsResponse_Error[] {
  const chain: FetchErrorDetailsResponse_Error[] = [];
  for (let at = details ? (details.rootErrorIdx ?? 0) : undefined; at !== undefined; at = chain.at(-1)!.causeIdx) {
    const error = details!.errors[at];
    if (!error || chain.includes(error)) break;
    chain.push(error);
  }
  return chain;
}

/** The one of them that says what was wrong: behind one that only wraps, the first with a class of its own, else the innermost. */
export function tellingOf(
  chain: readonly FetchErrorDetailsResponse_Error[],
): FetchErrorDetailsResponse_Error | undefined {
  const [root, ...below] = chain;
  if (!wrappers.has(root?.sparkThrowable?.errorClass ?? "")) return root;
  return below.find(({ sparkThrowable }) => sparkThrowable?.errorClass) ?? below.at(-1) ?? root;
}
