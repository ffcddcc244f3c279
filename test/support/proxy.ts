import { connect, createServer, type Socket } from "node:net";

/** One connection through a proxy. */
export interface Passing {
  /** Ends it in the middle, as networks do. */
  cut(): void;
  /** Passes nothing of the server's on from now. */
  hold(): void;
}

/** Passes bytes on between a client and a server of this machine; hears of the server's before they are passed on. */
export async function proxy(
  target: number,
  onBytes: (bytes: number, passing: Passing) => void,
): Promise<{ readonly port: number } & Disposable> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    let held = false;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on("error", () => {}).on("close", () => open.delete(socket));
    }
    client.pipe(upstream);
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
    const passing: Passing = {
      cut: () => {
        client.resetAndDestroy();
        upstream.destroy();
      },
      hold: () => {
        held = true;
      },
    };
    upstream.on("data", (chunk) => {
      onBytes(chunk.length, passing);
      if (!held) client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    [Symbol.dispose]: () => {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}
