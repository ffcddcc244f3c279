import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, Code, ConnectError } from "@connectrpc/connect";
import { SluiceError } from "../../../base/errors.js";
import type {
  Command,
  ExecutePlanResponse,
  ExecutePlanResponse_ExecutionProgress,
  SparkConnectService,
} from "../wire/spark-connect_pb.js";
import { isBroken, isForgotten } from "./errors.js";
import type { Remote } from "./remote.js";

export type SparkClient = Client<typeof SparkConnectService>;

/** What every request says of itself. */
export interface Envelope {
  readonly sessionId: string;
  readonly userContext: { readonly userId: string; readonly userName: string };
  readonly clientType: string;
  readonly clientObservedServerSideSessionId?: string;
}

/** What running a plan needs of its session. */
interface Session {
  readonly client: SparkClient;
  readonly remote: Remote;
  readonly patienceMs: number;
  readonly envelope: Envelope;
  observe(serverSession: string): void;
  gaveUp(): void;
  explain(error: unknown): Promise<Error>;
  interrupt(operationId: string): Promise<void>;
}

export interface Executing {
  readonly signal?: AbortSignal;
  /** Its id, for one who interrupts it and waits for its end. */
  readonly operationId?: string;
  readonly onProgress?: (progress: ExecutePlanResponse_ExecutionProgress) => void;
}

/** Pauses grow from 50 ms to 5 s. */
export const pauseMs = (tries: number): number => Math.min(5000, 50 * 3 ** tries);

/**
 * A server reports when tasks begin and end, so one long task is silent. After this long, or half of the patience, the server is asked
 * whether it is there, and the stream is taken up anew.
 */
export const silenceMs = 30_000;
/** How long that answer may take. */
export const aliveMs = 10_000;

/**
 * Adaptive queries start their first job on another thread: an interrupt that comes before it ends the query, and the job then
 * runs to its end with nobody waiting (seen on 4.2.0). So an operation is not interrupted before a job of it is seen, or this is over.
 */
const beginsMs = 20_000;
/** An operation that the server does not know by then never arrived. */
const arrivesMs = 2500;

/**
 * Runs a plan under an id of our choosing. Servers cut long streams on purpose: a stream that ends without `resultComplete` is taken up
 * behind the last answer that came, and nothing is given twice. An operation of which nothing ever came is sent again; one that
 * the server has forgotten is an error, never half a result.
 */
export async function* execute(
  session: Session,
  plan: Uint8Array | Command,
  { signal, onProgress, operationId = randomUUID() }: Executing,
): AsyncGenerator<ExecutePlanResponse> {
  const { client, patienceMs } = session;
  const opType =
    plan instanceof Uint8Array ? ({ case: "root", value: plan } as const) : ({ case: "command", value: plan } as const);
  let lastResponseId: string | undefined;
  let complete = false;
  let ended = false;
  let tries = 0;
  let brokenSince: number | undefined;
  let sendAgain = true;
  let jobsSeen = false;

  const open = (abort: AbortSignal): AsyncIterable<ExecutePlanResponse> => {
    const of = { ...session.envelope, operationId };
    if (!sendAgain)
      return client.reattachExecute(
        { ...of, ...(lastResponseId === undefined ? {} : { lastResponseId }) },
        { signal: abort },
      );
    return client.executePlan(
      {
        ...of,
        plan: { opType },
        tags: ["sluice"],
        requestOptions: [
          { requestOption: { case: "reattachOptions", value: { reattachable: true } } },
          { requestOption: { case: "resultChunkingOptions", value: { allowArrowBatchChunking: true } } },
        ],
      },
      { signal: abort },
    );
  };

  try {
    while (!complete) {
      signal?.throwIfAborted();
      const stop = new AbortController();
      const onAbort = (): void => stop.abort(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      const stream = open(stop.signal)[Symbol.asyncIterator]();
      sendAgain = false;
      try {
        for (;;) {
          const { done, value } = await within(stream.next(), Math.min(silenceMs, patienceMs / 2), () => stop.abort());
          if (done) break;
          [tries, brokenSince] = [0, undefined];
          session.observe(value.serverSideSessionId);
          lastResponseId = value.responseId;
          if (value.responseType.case === "resultComplete") complete = true;
          jobsSeen ||= ofJobs(value);
          if (value.responseType.case === "executionProgress") onProgress?.(value.responseType.value);
          else if (!complete) yield value;
        }
        if (!complete && lastResponseId !== undefined) release(session, operationId, lastResponseId);
      } catch (error) {
        signal?.throwIfAborted();
        if (isForgotten(error) && lastResponseId === undefined) sendAgain = true;
        else if (!isBroken(error)) {
          ended = error instanceof ConnectError;
          throw await session.explain(error);
        }
        if (error instanceof Silence && (await isAlive(session))) {
          [tries, brokenSince] = [0, undefined];
          continue;
        }
        brokenSince ??= Date.now();
        const pause = pauseMs(tries++);
        if (Date.now() + pause - brokenSince > patienceMs) {
          ended = true;
          session.gaveUp();
          throw new SluiceError(
            "cluster_unreachable",
            `Spark at ${session.remote.shown} went away in the middle of the work and did not come back within ${Math.round(patienceMs / 1000)} s; where it was not ended on purpose, its log says why (most often memory: spark.driver.memory)`,
            { remote: session.remote.shown },
            { cause: error },
          );
        }
        await sleep(pause, undefined, signal ? { signal } : {});
      } finally {
        signal?.removeEventListener("abort", onAbort);
        stop.abort(); // a stream that is left open keeps the process alive
      }
    }
  } finally {
    if (!complete && !ended) {
      if (!jobsSeen) await begun(session, operationId, lastResponseId);
      await session.interrupt(operationId).catch(() => {});
    }
    if (!ended) release(session, operationId);
  }
}

/** Answers that only a job gives: rows, what a command made, stages under way. The schema comes before. */
const ofJobs = ({ responseType }: ExecutePlanResponse): boolean =>
  responseType.case === "executionProgress" ? responseType.value.stages.length > 0 : responseType.case !== undefined;

/** Waits until an operation that shall be interrupted has a job to interrupt, or is over. */
async function begun(session: Session, operationId: string, lastResponseId: string | undefined): Promise<void> {
  let last = lastResponseId;
  for (const began = Date.now(); Date.now() - began < beginsMs; await sleep(200)) {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), began + beginsMs - Date.now());
    const of = { ...session.envelope, operationId, ...(last === undefined ? {} : { lastResponseId: last }) };
    try {
      for await (const answer of session.client.reattachExecute(of, { signal: limit.signal })) {
        if (ofJobs(answer)) return;
        last = answer.responseId;
      }
    } catch (error) {
      if (!isForgotten(error) || last !== undefined || Date.now() - began > arrivesMs) return;
    } finally {
      clearTimeout(timer);
      limit.abort();
    }
  }
}

/** Whether the server answers at all, and is the one that the work was begun on. */
export async function isAlive(
  session: Pick<Session, "client" | "envelope" | "observe">,
  timeoutMs = aliveMs,
): Promise<boolean> {
  try {
    const analyze = { case: "sparkVersion", value: {} } as const;
    const answer = await session.client.analyzePlan({ ...session.envelope, analyze }, { timeoutMs });
    session.observe(answer.serverSideSessionId);
    return true;
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    return false;
  }
}

/** Lets the server forget what has arrived: up to an answer, or all of it. Nobody waits for it. */
function release(session: Session, operationId: string, until?: string): void {
  session.client
    .releaseExecute(
      {
        ...session.envelope,
        operationId,
        release:
          until === undefined
            ? { case: "releaseAll", value: {} }
            : { case: "releaseUntil", value: { responseId: until } },
      },
      { timeoutMs: 10_000 },
    )
    .catch(() => {});
}

class Silence extends ConnectError {}

async function within<T>(promise: Promise<T>, ms: number, late: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Silence(`nothing came for ${ms / 1000} s`, Code.Unavailable));
      late();
    }, ms);
  });
  promise.catch(() => {});
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}
