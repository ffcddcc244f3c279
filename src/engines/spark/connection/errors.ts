import { fromBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { CodedError, type ErrorCode, SluiceError } from "../../../base/errors.js";
import {
  ErrorInfoSchema,
  type FetchErrorDetailsResponse,
  type FetchErrorDetailsResponse_Error,
} from "../wire/spark-connect_pb.js";
import { causeOf, chainOf, tellingOf } from "./causes.js";
import { tlsError } from "./tls.js";

/** What Spark says of an error: its class and SQL state where it has them, and the id under which it keeps the details. */
export interface SparkFacts {
  readonly errorClass: string | undefined;
  readonly sqlState: string | undefined;
  readonly errorId: string | undefined;
  /** The Java exception, for errors without a class. */
  readonly reason: string | undefined;
}

export function factsOf(error: ConnectError): SparkFacts | undefined {
  for (const detail of error.details) {
    if (!("type" in detail) || detail.type !== "google.rpc.ErrorInfo") continue;
    const { reason, metadata } = fromBinary(ErrorInfoSchema, detail.value);
    const { errorClass, sqlState, errorId } = metadata;
    return { errorClass, sqlState, errorId, reason };
  }
  return undefined;
}

const handleIn = (error: ConnectError): string | undefined =>
  /INVALID_(?:HANDLE|CURSOR)\.[A-Z_]+/.exec(factsOf(error)?.errorClass ?? error.rawMessage)?.[0];

/**
 * The connection broke, not the work: the stream can be taken up again. What Node reports for a broken HTTP/2 stream depends on where
 * it broke; none of these carry details, because no server wrote them.
 */
export function isBroken(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return false;
  if (error.details.length > 0) return handleIn(error) === "INVALID_CURSOR.DISCONNECTED";
  switch (error.code) {
    case Code.Unavailable:
    case Code.Aborted:
    case Code.Canceled:
    case Code.DeadlineExceeded:
      return tlsError(error, "") === undefined;
    case Code.Internal:
      return /session closed|stream closed|INVALID_CURSOR\.DISCONNECTED/i.test(error.rawMessage);
    default:
      return false;
  }
}

/** The server does not know the operation: it never arrived, or its session is gone. */
export const isForgotten = (error: unknown): boolean =>
  error instanceof ConnectError &&
  ["INVALID_HANDLE.OPERATION_NOT_FOUND", "INVALID_HANDLE.SESSION_NOT_FOUND"].includes(handleIn(error) ?? "");

const codes: Readonly<Record<string, ErrorCode>> = {
  "42P01": "missing_file", // no such table
  "42K03": "missing_file", // no such path
  "42P07": "exists",
  "42710": "exists",
  "42K04": "exists", // such a path
  "42703": "unknown_column",
  "42601": "bad_formula",
  "42883": "unknown_function",
  "42704": "unknown_name",
  HY008: "interrupted",
  "53000": "disk_full",
};

/** Errors of the server's model cache, whose own text speaks of something else, and what to do about each. */
const models: Readonly<Record<string, string>> = {
  "CONNECT_ML.CACHE_INVALID":
    "the model is no longer on the server: it was disposed of, or its session ended; fit it again, or read it from where it was written",
  "CONNECT_ML.MODEL_SUMMARY_LOST":
    "the model's training summary is no longer on the server, which moved the model to its disk; evaluate(rows) gives one anew",
  "CONNECT_ML.MODEL_SIZE_OVERFLOW_EXCEPTION":
    "the model is bigger than the server allows; fit a smaller one, or raise spark.connect.session.connectML.mlCache.memoryControl.maxModelSize",
  "CONNECT_ML.ML_CACHE_SIZE_OVERFLOW_EXCEPTION":
    "the session's models are more than the server keeps; dispose of some, or raise spark.connect.session.connectML.mlCache.memoryControl.maxStorageSize",
};

/** An error of the wire in our words. `shown` is the server's address; `details` what FetchErrorDetails gave. */
export function toSluiceError(error: unknown, shown: string, details?: FetchErrorDetailsResponse): CodedError {
  if (error instanceof CodedError) return error;
  if (!(error instanceof ConnectError))
    return new SluiceError("cluster_error", `Spark at ${shown}: ${(error as Error).message}`, {}, { cause: error });
  const facts = factsOf(error);
  const handle = handleIn(error);
  const cause = { cause: error };
  const about = { errorClass: facts?.errorClass, sqlState: facts?.sqlState, remote: shown };
  if (handle?.startsWith("INVALID_HANDLE.SESSION"))
    return new SluiceError(
      "cluster_lost",
      `the session on Spark at ${shown} is gone (${handle}): the server was started anew or let it expire; run it again`,
      about,
      cause,
    );
  if (handle)
    return new SluiceError(
      "cluster_lost",
      `Spark at ${shown} no longer has this work (${handle}); run it again`,
      about,
      cause,
    );
  if (error.code === Code.Unauthenticated || error.code === Code.PermissionDenied)
    return new SluiceError(
      "no_permission",
      `Spark at ${shown} refuses the token (${error.rawMessage}); give the right one with --token-file FILE or in SPARK_CONNECT_AUTHENTICATE_TOKEN`,
      about,
      cause,
    );
  const tls = facts === undefined ? tlsError(error, shown) : undefined;
  if (tls) return tls;
  if (facts === undefined && /SSL|TLS|Protocol error|ECONNRESET/i.test(error.rawMessage))
    return new SluiceError(
      "cluster_unreachable",
      `Spark at ${shown} cannot be spoken to: ${error.rawMessage}. Does it use TLS? Say ;use_ssl=true or ;use_ssl=false at the end of its address`,
      about,
      cause,
    );
  if (facts === undefined && isBroken(error))
    return new SluiceError(
      "cluster_unreachable",
      `Spark at ${shown} does not answer: ${error.rawMessage}; is it running, and the port right? "npm run spark:up" starts one here`,
      about,
      cause,
    );
  if (facts === undefined && error.code === Code.Unimplemented)
    return new SluiceError(
      "cluster_unreachable",
      `what answers at ${shown} is not Spark Connect (${error.rawMessage})`,
      about,
      cause,
    );
  const chain = chainOf(details);
  const telling = tellingOf(chain);
  const words = wordsOf(error, facts, telling);
  const lacking = causeOf([error.rawMessage, ...chain.map(({ message }) => message)].join("\n"));
  const errorClass = telling?.sparkThrowable?.errorClass ?? facts?.errorClass;
  const sqlState = telling?.sparkThrowable?.sqlState ?? facts?.sqlState;
  return new SluiceError(
    lacking?.code ??
      codes[sqlState ?? ""] ??
      (errorClass === "CONNECT_ML.CACHE_INVALID" ? "cluster_lost" : "cluster_error"),
    `Spark at ${shown}: ${models[errorClass ?? ""] ?? (lacking ? `${lacking.what} (${words}); ${lacking.remedy}` : words)}`,
    { ...about, errorClass, sqlState, reason: facts?.reason, ...positionOf(telling) },
    cause,
  );
}

/** The first line of a message; analysis errors have the whole plan behind it. */
function wordsOf(
  error: ConnectError,
  facts: SparkFacts | undefined,
  telling: FetchErrorDetailsResponse_Error | undefined,
): string {
  const message = telling?.message || error.rawMessage;
  const [line = ""] = message.trim().split("\n"); // a syntax error begins with an empty line
  const spot = telling?.sparkThrowable?.queryContexts[0];
  const where = spot?.fragment ? ` (at "${spot.fragment.slice(0, 80)}")` : "";
  const java = telling ? telling.errorTypeHierarchy[0] : facts?.reason;
  const name = (telling?.sparkThrowable?.errorClass ?? facts?.errorClass) || !java ? "" : `${java.split(".").at(-1)}: `;
  return `${name}${line.replace(/\s*SQLSTATE: \w+\s*$/, "").trim()}${where}`;
}

function positionOf(telling: FetchErrorDetailsResponse_Error | undefined): {
  start?: number;
  stop?: number;
  parameters?: unknown;
} {
  const spark = telling?.sparkThrowable;
  if (!spark) return {};
  const [context] = spark.queryContexts;
  return {
    ...(context ? { start: context.startIndex, stop: context.stopIndex } : {}),
    ...(Object.keys(spark.messageParameters).length > 0 ? { parameters: spark.messageParameters } : {}),
  };
}
