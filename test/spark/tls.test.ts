import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseRemote } from "../../src/engines/spark/connection/remote.js";
import { SparkSession } from "../../src/engines/spark/connection/session.js";
import { needs } from "../support/needs.js";
import { sparkRemote } from "../support/spark.js";
import { type TlsProxy, tlsProxy } from "../support/tls.js";

const program = join(import.meta.dirname, "../../bin/sluice.cjs");

needs.spark()("TLS", () => {
  let plain: string;
  let proxy: TlsProxy;
  beforeAll(async () => {
    plain = await sparkRemote();
    proxy = await tlsProxy(parseRemote(plain).port);
  });
  afterAll(() => proxy?.[Symbol.dispose]());
  const secure = (address: string): string => address.replace("use_ssl=false", "use_ssl=true");
  const behind = (address: string, host = "127.0.0.1"): string =>
    address.replace(/127\.0\.0\.1:\d+/, `${host}:${proxy.port}`);
  const refusal = async (address: string): Promise<{ message: string; seconds: number }> => {
    const began = performance.now();
    const error = await SparkSession.open(parseRemote(address)).then(
      () => undefined,
      (error: Error) => error,
    );
    expect(error).toMatchObject({ code: "cluster_unreachable" });
    return { message: error!.message, seconds: (performance.now() - began) / 1000 };
  };

  test("spoken where there is none is told, with the remedy, without waiting", async () => {
    const { message, seconds } = await refusal(secure(plain));
    expect(message).toContain("speaks no TLS at this port; say ;use_ssl=false");
    expect(seconds).toBeLessThan(9); // of the 10 s that a server is waited for at first
  });
  test("left out where there is some is told, with the remedy, without waiting", async () => {
    const { message, seconds } = await refusal(behind(plain));
    expect(message).toContain("speaks TLS, and was spoken to without; say ;use_ssl=true");
    expect(seconds).toBeLessThan(9);
  });
  test("with a certificate that nobody vouches for is refused, and names where to put it", async () => {
    const { message } = await refusal(behind(secure(plain)));
    expect(message).toContain("not trusted");
    expect(message).toContain("NODE_EXTRA_CA_CERTS");
  });

  /** Node reads the trusted certificates once, when a process begins. */
  const profile = async (address: string, certificate: string): Promise<{ code: number | null; output: string }> => {
    const args = ["profile", "sc:SELECT id FROM range(12)", "--on", address, "--json"];
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate };
    const child = spawn(process.execPath, [program, ...args], { env, stdio: ["ignore", "pipe", "ignore"] });
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
    return { code, output };
  };
  test("with a certificate that is trusted works from end to end, with the token", async () => {
    const { code, output } = await profile(behind(secure(plain)), proxy.certificate);
    expect(code).toBe(0);
    expect(JSON.parse(output).rows).toBe(12);
  });
  test("with a wrong token is refused for the token", async () => {
    const { code, output } = await profile(
      behind(secure(plain)).replace(/token=\w+/, "token=wrong-secret"),
      proxy.certificate,
    );
    expect(code).toBe(1);
    expect(JSON.parse(output).error.code).toBe("no_permission");
    expect(output).not.toContain("wrong-secret");
  });
  test("with a certificate for another name is told by that", async () => {
    const { code, output } = await profile(behind(secure(plain), "localhost"), proxy.certificate);
    expect(code).toBe(1);
    expect(JSON.parse(output).error.message).toContain("certificate for another name");
  });
});
