import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";

/** A port that speaks TLS before one that does not, as the proxies before Spark do, and the file that its certificate is in. */
export interface TlsProxy extends Disposable {
  readonly port: number;
  readonly certificate: string;
}

/** The certificate is made by Java's keytool (Spark needs Java, so it is there) for 127.0.0.1 alone, and signed by nobody. */
export async function tlsProxy(target: number): Promise<TlsProxy> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-tls-"));
  const [store, certificate] = [join(folder, "store.p12"), join(folder, "certificate.pem")];
  const opened = ["-alias", "proxy", "-keystore", store, "-storepass", "sesame"];
  const key = ["-keyalg", "EC", "-groupname", "secp256r1", "-storetype", "PKCS12"];
  const subject = ["-dname", "CN=proxy", "-ext", "SAN=IP:127.0.0.1", "-validity", "2"];
  execFileSync("keytool", ["-genkeypair", ...opened, ...key, ...subject], { stdio: "ignore" });
  execFileSync("keytool", ["-exportcert", "-rfc", ...opened, "-file", certificate], { stdio: "ignore" });

  const open = new Set<Socket>();
  const pfx = readFileSync(store);
  const server = createServer({ pfx, passphrase: "sesame", ALPNProtocols: ["h2"] }, (client) => {
    const upstream = connect(target, "127.0.0.1");
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on("error", () => {}).on("close", () => open.delete(socket));
    }
    client.pipe(upstream).pipe(client);
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    certificate,
    [Symbol.dispose]: () => {
      for (const socket of open) socket.destroy();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
