import { connect } from "node:tls";
import { ConnectError } from "@connectrpc/connect";
import { SluiceError } from "../../../base/errors.js";
import type { Remote } from "./remote.js";

/** Certificates that nobody we trust has signed, by Node's names. */
const untrusted = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_UNTRUSTED",
]);
const probeMs = 3000;

/** The name that the operating system, Node or OpenSSL has for what is below an error of the wire: ECONNREFUSED, CERT_HAS_EXPIRED. */
export const systemCodeOf = (error: unknown): string =>
  error instanceof ConnectError ? String((error.cause as NodeJS.ErrnoException | undefined)?.code ?? "") : "";

/** What is wrong between our TLS and the server's, and the remedy; nothing where that is not the problem. */
export function tlsError(error: unknown, shown: string): SluiceError | undefined {
  const code = systemCodeOf(error);
  const { message = "" } = ((error as Error).cause ?? {}) as Error;
  const say = (words: string): SluiceError =>
    new SluiceError(
      "cluster_unreachable",
      `Spark at ${shown} ${words}`,
      { remote: shown, tls: code },
      { cause: error },
    );
  if (untrusted.has(code))
    return say(
      `has a certificate that is not trusted here (${message}); name the file (PEM) of it, or of who signed it, in NODE_EXTRA_CA_CERTS`,
    );
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return say(`has a certificate for another name (${message}); write its address with a name of the certificate`);
  if (code.startsWith("CERT_"))
    return say(
      `has a certificate that does not hold (${message}); it needs a new one, or this machine's clock is wrong`,
    );
  if (code.startsWith("ERR_SSL_"))
    return say(
      "speaks no TLS at this port; say ;use_ssl=false at the end of its address, or name the port that has TLS",
    );
  return undefined;
}

/** Asked when nothing sensible answers in clear text: whether the port would shake hands for TLS. Two round trips, 3 s at most. */
export const speaksTls = ({ host, port }: Remote): Promise<boolean> =>
  new Promise((resolve) => {
    const name = host.replace(/^\[|\]$/g, "");
    const socket = connect({ host: name, port, rejectUnauthorized: false, ALPNProtocols: ["h2"] });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(probeMs, () => end(false));
    socket.on("secureConnect", () => end(true)).on("error", () => end(false));
  });

export const wantsTls = ({ shown }: Remote, cause: unknown): SluiceError =>
  new SluiceError(
    "cluster_unreachable",
    `Spark at ${shown} speaks TLS, and was spoken to without; say ;use_ssl=true at the end of its address`,
    { remote: shown },
    { cause },
  );
