import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { SluiceError } from "../../../base/errors.js";
import {
  type Command,
  type DataType,
  type ExecutePlanResponse,
  InterruptRequest_InterruptType,
  SparkConnectService,
} from "../wire/spark-connect_pb.js";
import { factsOf, isBroken, toSluiceError } from "./errors.js";
import {
  aliveMs,
  type Envelope,
  type Executing,
  execute,
  isAlive,
  pauseMs,
  type SparkClient,
  silenceMs,
} from "./execute.js";
import type { Remote } from "./remote.js";
import { speaksTls, systemCodeOf, wantsTls } from "./tls.js";
import { Work } from "./work.js";

export interface SessionOptions {
  /** How long a server may stay silent or away before the work is given up. */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal;
}

const defaultPatienceMs = 60_000;
/** A port where nobody is at first is not tried for as long as a server that has begun to work; one that is slow to begin has its time. */
const firstMs = 10_000;
/** What is tidied up on a server that was waited for in vain. */
const triedMs = 1000;
const oldest = [4, 1] as const;

/** Settings that decide what a formula means, and how results come. */
const settings: Readonly<Record<string, string>> = {
  "spark.sql.session.timeZone": "UTC",
  "spark.sql.ansi.enabled": "true",
  "spark.sql.legacy.timeParserPolicy": "CORRECTED",
  "spark.sql.variable.substitute": "false",
  "spark.sql.parser.escapedStringLiterals": "false",
  "spark.sql.parser.quotedRegexColumnNames": "false",
  "spark.sql.groupByOrdinal": "true",
  "spark.sql.optimizer.collapseProjectAlwaysInline": "false",
  // Java runs a method beyond 8000 bytes without compiling it: 20 encoded columns of 1 M rows took 9.3 s of CPU, and take 0.8 s.
  "spark.sql.codegen.hugeMethodLimit": "8000",
  "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
  "spark.connect.progress.reportInterval": "2s",
};

/** What may be on its way: of one stream, and of the connection. */
const windowBytes = 16 * 2 ** 20;
const widened = new WeakSet<object>();

/** A connection whose own window is as wide as a stream's. By default it is 64 KB, and rows wait for a round trip for each 64 KB. */
class WideConnection extends Http2SessionManager {
  #ended = false;

  override async request(
    ...asked: Parameters<Http2SessionManager["request"]>
  ): ReturnType<Http2SessionManager["request"]> {
    // What was still to be tidied up does not open it again.
    if (this.#ended) throw new ConnectError("the session is closed", Code.FailedPrecondition);
    const stream = await super.request(...asked);
    const { session } = stream;
    if (session && !widened.has(session)) {
      widened.add(session);
      session.setLocalWindowSize(windowBytes);
    }
    return stream;
  }

  /** An open connection, and a stream on it that nobody reads any more, would keep the process alive: for 15 minutes. */
  end(): void {
    this.#ended = true;
    this.abort();
  }
}

/** One session on a Spark Connect server: its state (views, models, settings) lives there until it is closed. */
export class SparkSession implements AsyncDisposable {
  readonly remote: Remote;
  readonly client: SparkClient;
  readonly sessionId: string;
  readonly #patienceMs: number;
  #away = false;
  readonly work = new Work();
  /** Told by the server. */
  version = "";
  #observed: string | undefined;
  #closed = false;

  readonly #connection: WideConnection;

  private constructor(remote: Remote, connection: WideConnection, options: SessionOptions) {
    this.remote = remote;
    this.#connection = connection;
    this.client = createClient(SparkConnectService, transportTo(remote, connection));
    this.sessionId = remote.sessionId ?? randomUUID();
    this.#patienceMs = options.patienceMs ?? remote.patienceMs ?? defaultPatienceMs;
  }

  /** Connects, refuses servers that are too old, and sets what our formulas rely on. */
  static async open(remote: Remote, options: SessionOptions = {}): Promise<SparkSession> {
    const connection = new WideConnection(urlOf(remote), undefined, { settings: { initialWindowSize: windowBytes } });
    const session = new SparkSession(remote, connection, options);
    try {
      await session.#begin(options.signal);
      return session;
    } catch (error) {
      if (session.version === "") connection.end();
      else await session.close();
      throw error;
    }
  }

  async #begin(signal?: AbortSignal): Promise<void> {
    const { result } = await this.call(
      (envelope, call) => this.client.analyzePlan({ ...envelope, analyze: { case: "sparkVersion", value: {} } }, call),
      signal,
    );
    this.version = result.case === "sparkVersion" ? result.value.version : "";
    const [major = 0, minor = 0] = this.version.split(".").map(Number);
    if (major < oldest[0] || (major === oldest[0] && minor < oldest[1]))
      throw new SluiceError(
        "cluster_unreachable",
        `Spark at ${this.remote.shown} is ${this.version}; ${oldest.join(".")} or newer is needed (older servers cut results and lose models)`,
        { version: this.version },
      );
    await this.configure(settings);
  }

  /** How long the server may be away now: it is waited for once, and what is still to be tidied up is then only tried. */
  get patienceMs(): number {
    return this.#away ? Math.min(triedMs, this.#patienceMs) : this.#patienceMs;
  }

  /** It was waited for, and did not come back. */
  gaveUp(): void {
    this.#away = true;
  }

  get envelope(): Envelope {
    const { userId } = this.remote;
    return {
      sessionId: this.sessionId,
      userContext: { userId, userName: userId },
      clientType: "sluice",
      ...(this.#observed === undefined ? {} : { clientObservedServerSideSessionId: this.#observed }),
    };
  }

  /** Every answer names the server's own session: another name means that the state is lost. */
  observe(serverSession: string): void {
    if (serverSession === "") return;
    if (this.#observed !== undefined && this.#observed !== serverSession)
      throw new SluiceError(
        "cluster_lost",
        `Spark at ${this.remote.shown} was started anew while we worked: its views and models are gone; run it again`,
        { remote: this.remote.shown },
      );
    this.#observed = serverSession;
    this.#away = false;
  }

  /** One question, one answer, however long it takes a server that answers others meanwhile; a broken connection is tried again until patience ends. */
  async call<T extends { serverSideSessionId: string }>(
    ask: (envelope: Envelope, call: { signal: AbortSignal }) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const { patienceMs } = this;
    const retriesMs = this.#observed === undefined ? Math.min(firstMs, patienceMs) : patienceMs;
    const seen = { at: Date.now() };
    for (let tries = 0; ; tries++) {
      signal?.throwIfAborted();
      const watch = this.#watch(seen, patienceMs);
      try {
        const answer = await ask(this.envelope, {
          signal: signal ? AbortSignal.any([signal, watch.gone]) : watch.gone,
        });
        this.observe(answer.serverSideSessionId);
        return answer;
      } catch (error) {
        signal?.throwIfAborted();
        if (await this.#wantsTls(error)) throw wantsTls(this.remote, error);
        if (!isBroken(error)) throw await this.explain(error);
        if (Date.now() + pauseMs(tries) > seen.at + retriesMs) {
          this.gaveUp();
          throw await this.explain(error);
        }
        await sleep(pauseMs(tries), undefined, signal ? { signal } : {});
      } finally {
        watch.end();
      }
    }
  }

  /** Asks a server that is slow to answer whether it is there; `gone` fires when it was not for as long as patience is. */
  #watch(seen: { at: number }, patienceMs: number): { readonly gone: AbortSignal; end(): void } {
    const gone = new AbortController();
    const over = new AbortController();
    const watching = async (): Promise<void> => {
      const stepMs = Math.min(silenceMs, patienceMs / 2);
      for (;;) {
        await sleep(stepMs, undefined, { signal: over.signal });
        if (this.#observed !== undefined && (await isAlive(this, Math.min(aliveMs, stepMs)))) seen.at = Date.now();
        if (Date.now() >= seen.at + patienceMs)
          gone.abort(new DOMException(`no answer for ${Math.round(patienceMs / 1000)} s`, "TimeoutError"));
      }
    };
    watching().catch((error: unknown) => gone.abort(error)); // it is over, or the server is another one
    return { gone: gone.signal, end: () => over.abort() };
  }

  /** At the first question: somebody is there, and cuts us off where clear text was spoken. */
  async #wantsTls(error: unknown): Promise<boolean> {
    if (this.remote.tls || this.#observed !== undefined || !isBroken(error)) return false;
    return !systemCodeOf(error).startsWith("E") && speaksTls(this.remote);
  }

  /** All that a plan gives, in order, however often the stream is cut. Leaving the loop early cancels the work. */
  async *run(plan: Uint8Array | Command, executing: Executing = {}): AsyncGenerator<ExecutePlanResponse> {
    const operation = this.work.begin();
    const onProgress: Executing["onProgress"] = (progress) => {
      operation.tell(progress.stages);
      executing.onProgress?.(progress);
    };
    try {
      yield* execute(this, plan, { ...executing, onProgress });
    } finally {
      operation.end();
    }
  }

  async schema(relation: Uint8Array, signal?: AbortSignal): Promise<DataType> {
    const { result } = await this.call(
      (envelope, call) =>
        this.client.analyzePlan(
          { ...envelope, analyze: { case: "schema", value: { plan: { opType: { case: "root", value: relation } } } } },
          call,
        ),
      signal,
    );
    if (result.case !== "schema" || !result.value.schema) throw new Error("Spark gave no schema");
    return result.value.schema;
  }

  async configure(pairs: Readonly<Record<string, string>>): Promise<void> {
    const value = { pairs: Object.entries(pairs).map(([key, value]) => ({ key, value })) };
    await this.call((envelope, call) =>
      this.client.config({ ...envelope, operation: { opType: { case: "set", value } } }, call),
    );
  }

  /** What a setting is, or nothing where it is not set. */
  async setting(key: string): Promise<string | undefined> {
    const { pairs } = await this.call((envelope, call) =>
      this.client.config({ ...envelope, operation: { opType: { case: "getOption", value: { keys: [key] } } } }, call),
    );
    return pairs[0]?.value;
  }

  /** Ends an operation on the cluster, or all of this session. */
  async interrupt(operationId?: string): Promise<void> {
    const { INTERRUPT_TYPE_ALL: all, INTERRUPT_TYPE_OPERATION_ID: one } = interruptTypes;
    await this.client.interrupt(
      operationId === undefined
        ? { ...this.envelope, interruptType: all }
        : { ...this.envelope, interruptType: one, interrupt: { case: "operationId", value: operationId } },
      { timeoutMs: 10_000 },
    );
  }

  /** The error in our words, with what the server still knows of it. */
  async explain(error: unknown): Promise<Error> {
    const errorId = error instanceof ConnectError ? factsOf(error)?.errorId : undefined;
    const details =
      errorId === undefined
        ? undefined
        : await this.client
            .fetchErrorDetails({ ...this.envelope, errorId }, { timeoutMs: 10_000 })
            .catch(() => undefined);
    return toSluiceError(error, this.remote.shown, details);
  }

  /** Releases what the session holds on the server. A server that is gone is no error here. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.client.releaseSession({ ...this.envelope }, { timeoutMs: 10_000 }).catch(() => {});
    this.#connection.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const urlOf = ({ tls, host, port }: Remote): string => `${tls ? "https" : "http"}://${host}:${port}`;

const transportTo = (remote: Remote, sessionManager: WideConnection): Transport =>
  createGrpcTransport({
    baseUrl: urlOf(remote),
    sessionManager,
    readMaxBytes: remote.maxMessageBytes,
    writeMaxBytes: remote.maxMessageBytes,
    interceptors: [headers(remote)],
  });

const interruptTypes = {
  INTERRUPT_TYPE_ALL: InterruptRequest_InterruptType.ALL,
  INTERRUPT_TYPE_OPERATION_ID: InterruptRequest_InterruptType.OPERATION_ID,
};

const headers =
  ({ token, headers, userAgent }: Remote): Interceptor =>
  (next) =>
  (request) => {
    if (token !== undefined) request.header.set("authorization", `Bearer ${token}`);
    if (userAgent !== undefined) request.header.set("user-agent", userAgent);
    for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
    return next(request);
  };
