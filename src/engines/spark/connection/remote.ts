import { userInfo } from "node:os";
import { SluiceError } from "../../../base/errors.js";

/** Where a Spark Connect server is and how it is spoken to: `sc://host:port/;name=value;...` taken apart. */
export interface Remote {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly token: string | undefined;
  readonly userId: string;
  readonly userAgent: string | undefined;
  readonly sessionId: string | undefined;
  /** Every other name of the address: managed platforms take these as gRPC headers. */
  readonly headers: Readonly<Record<string, string>>;
  readonly maxMessageBytes: number;
  /** How long the server may stay away before work is given up; the session has a default. */
  readonly patienceMs?: number;
  /** The address as it may be shown and recorded: no token, no header's value. */
  readonly shown: string;
}

const defaultPort = 15002;
const defaultMessageBytes = 128 * 2 ** 20;
const example = "like sc://host:15002/;token=...";
const loopback = new Set(["localhost", "127.0.0.1", "::1", "[::1]"]);

/**
 * Reads an address. A token implies TLS, as in PySpark, except on the loopback device; `use_ssl` decides where it is given.
 * `token` (from a file or SPARK_CONNECT_AUTHENTICATE_TOKEN) counts where the address has none.
 */
export function parseRemote(address: string, token?: string): Remote {
  const refuse = (problem: string): never => {
    throw new SluiceError("usage", `the Spark address ${redacted(address)} ${problem}; it should read ${example}`, {
      remote: redacted(address),
    });
  };
  if (!address.startsWith("sc://")) refuse('does not begin with "sc://"');
  const [place = "", ...rest] = address.slice("sc://".length).split("/");
  const tail = rest.join("/");
  if (tail !== "" && !tail.startsWith(";")) refuse(`has a path ("${tail.split(";")[0]}")`);
  const [, host, port = ""] =
    /^(\[[0-9a-fA-F:]+\]|[^:]+)(?::(\d+))?$/.exec(place) ?? refuse("has no host, or a bad port");
  const params = new Map<string, string>();
  for (const part of tail.split(";").filter((one) => one !== "")) {
    const at = part.indexOf("=");
    if (at < 1) refuse(`has a part without "=": "${part.slice(0, 20)}"`);
    params.set(part.slice(0, at), decodeURIComponent(part.slice(at + 1)));
  }
  const take = (name: string): string | undefined => {
    const value = params.get(name);
    params.delete(name);
    return value;
  };
  const given = take("token") ?? token;
  const ssl = take("use_ssl");
  if (ssl !== undefined && ssl !== "true" && ssl !== "false") refuse(`has use_ssl=${ssl}, which is true or false`);
  const sessionId = take("session_id");
  if (sessionId !== undefined && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(sessionId))
    refuse(`has session_id=${sessionId}, which is not a UUID`);
  const bytes = take("grpc_max_message_size");
  if (bytes !== undefined && !(Number(bytes) > 0))
    refuse(`has grpc_max_message_size=${bytes}, which is no size in bytes`);
  const patience = take("patience_seconds");
  if (patience !== undefined && !(Number(patience) >= 1))
    refuse(`has patience_seconds=${patience}, which is no number of seconds from 1`);
  const userId = take("user_id") ?? systemUser();
  const userAgent = take("user_agent");
  const number = port === "" ? defaultPort : Number(port);
  if (number < 1 || number > 65_535) refuse(`has port ${port}; ports go from 1 to 65535`);
  return {
    host: host!,
    port: number,
    tls: ssl === undefined ? given !== undefined && !loopback.has(host!) : ssl === "true",
    token: given,
    userId,
    userAgent,
    sessionId,
    headers: Object.fromEntries(params),
    maxMessageBytes: bytes === undefined ? defaultMessageBytes : Number(bytes),
    ...(patience === undefined ? {} : { patienceMs: 1000 * Number(patience) }),
    shown: `sc://${host}:${number}`,
  };
}

/** The address without what follows an equals sign. */
const redacted = (address: string): string => address.replace(/=[^;]*/g, "=...");

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return "sluice"; // a container may run as a number without a name
  }
}
