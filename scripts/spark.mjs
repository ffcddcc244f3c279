// A real Spark on this machine: `npm run spark:up [-- --cluster [--workers N]] [--cores N] [--port N] [--version 4.1]`, `npm run spark:down [-- --port N]`.
// Python brings the jars (pyspark from PyPI, in a cached environment), Java 17 runs them; nothing leaves the loopback device.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cached, cacheFolder } from "../bench/cache.mjs";
import { setUpPeers } from "../bench/peers.mjs";
import { lacksForSpark, sparkEnvironments } from "./optional.mjs";

const readyMs = 120_000;

/**
 * Starts a server and waits until its port answers. Gives its address with the token, and what ends it.
 * `cluster` = a standalone master and `workers` worker processes with `cores` each besides, and an executor for each core; else
 * everything in one JVM, `local[cores]`.
 */
export async function startSpark({
  port = 15002,
  version = "4.2",
  cluster = false,
  workers = 1,
  cores = 2,
  driverMemory = "3g",
  conf = {},
  say = () => {},
  keep = false,
  /** PySpark's own client takes a token for a wish to have TLS, so that beside it the server has none. */
  withToken = true,
} = {}) {
  const lacks = lacksForSpark();
  if (lacks) throw new Error(`Spark cannot be started: ${lacks}`);
  const environment = sparkEnvironments[version];
  if (environment === undefined)
    throw new Error(`Spark ${version} is not known here; there are ${Object.keys(sparkEnvironments).join(", ")}`);
  if (await answers(port)) throw new Error(`port ${port} is taken; give another one with --port`);
  say(`Spark ${version} from PyPI (about 500 MB the first time) ...`);
  const home = homeOf(setUpPeers(environment));
  const folder = cacheFolder(`spark/${port}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "tmp"), { recursive: true });
  const token = randomBytes(16).toString("hex");
  const env = {
    ...process.env,
    SPARK_HOME: home,
    SPARK_LOCAL_IP: "127.0.0.1",
    ...(withToken ? { SPARK_CONNECT_AUTHENTICATE_TOKEN: token } : {}),
    TZ: "UTC",
  };
  delete env.SPARK_REMOTE;
  delete env.SPARK_CONNECT_MODE;
  const started = [];
  const begin = (name, command, args) => {
    const log = openSync(join(folder, `${name}.log`), "w");
    const child = spawn(command, args, { cwd: folder, env, detached: keep, stdio: ["ignore", log, log] });
    if (keep) child.unref();
    started.push(child.pid);
    child.on("error", () => {});
    let ended;
    child.on("exit", (code, signal) => {
      ended = code ?? signal;
    });
    return { name, ended: () => ended, log: () => readFileSync(join(folder, `${name}.log`), "utf8") };
  };
  const stop = (signal) => stopAll(started, signal);
  try {
    let master = `local[${cores}]`;
    if (cluster) {
      const spark = join(home, "bin/spark-class");
      const masterPort = port + 1000;
      master = `spark://127.0.0.1:${masterPort}`;
      say(`a master on ${master}, and workers with ${cores} cores: ${workers} ...`);
      const daemon = "org.apache.spark.deploy";
      const ui = ["--webui-port", "0"];
      await until(
        masterPort,
        begin("master", spark, [`${daemon}.master.Master`, "--host", "127.0.0.1", "--port", `${masterPort}`, ...ui]),
      );
      const ports = Array.from({ length: workers }, (_, i) => masterPort + 1 + i);
      const begun = ports.map((own, i) =>
        begin(`worker-${i}`, spark, [
          `${daemon}.worker.Worker`,
          ...["--host", "127.0.0.1", "--port", `${own}`, ...ui],
          ...["--cores", `${cores}`, "--memory", "4g", "--work-dir", join(folder, "work", `${i}`), master],
        ]),
      );
      await Promise.all(ports.map((own, i) => until(own, begun[i])));
    }
    const all = {
      "spark.connect.grpc.binding.address": "127.0.0.1",
      "spark.connect.grpc.binding.port": `${port}`,
      "spark.driver.host": "127.0.0.1",
      "spark.driver.bindAddress": "127.0.0.1",
      "spark.ui.port": `${port + 2000}`,
      "spark.sql.session.timeZone": "UTC",
      "spark.sql.shuffle.partitions": "8",
      "spark.sql.warehouse.dir": join(folder, "warehouse"),
      "spark.local.dir": join(folder, "tmp"),
      "spark.driver.extraJavaOptions": `-Djava.io.tmpdir=${join(folder, "tmp")} -Duser.timezone=UTC`,
      ...(cluster ? { "spark.executor.memory": "2g", "spark.executor.cores": "1" } : {}),
      ...conf,
    };
    say(`a server on 127.0.0.1:${port}, master ${master}, log ${join(folder, "server.log")} ...`);
    await until(
      port,
      begin("server", join(home, "bin/spark-submit"), [
        ...["--master", master, "--driver-memory", driverMemory],
        ...Object.entries(all).flatMap(([key, value]) => ["--conf", `${key}=${value}`]),
        ...["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"],
      ]),
    );
  } catch (error) {
    stop();
    throw error;
  }
  const remote = `sc://127.0.0.1:${port}/${withToken ? `;token=${token};use_ssl=false` : ""}`;
  const server = { remote, port, version, pids: started, folder, ui: `http://127.0.0.1:${port + 2000}` };
  if (keep) writeFileSync(join(folder, "server.json"), JSON.stringify(server));
  return { ...server, stop };
}

/** Every process of a server; the scripts of Spark start Java in their own place, so the ids are Java's. */
function stopAll(pids, signal = "SIGTERM") {
  for (const pid of [...pids].reverse())
    try {
      process.kill(pid, signal);
    } catch {
      // it has ended by itself
    }
}

function homeOf(python) {
  const lib = join(python, "../../lib");
  const [version] = readdirSync(lib).filter((name) => name.startsWith("python3"));
  return join(lib, version, "site-packages/pyspark");
}

const answers = (port) =>
  new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });

async function until(port, child) {
  for (const began = Date.now(); Date.now() - began < readyMs; ) {
    if (await answers(port)) return;
    if (child.ended() !== undefined)
      throw new Error(`${child.name} ended (${child.ended()}): ${child.log().trim().split("\n").slice(-5).join("\n")}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${child.name} did not answer on port ${port} within ${readyMs / 1000} s; its log: ${child.log()}`);
}

function wholeNumber(flag, text) {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${flag} ${text}: it must be a whole number from 1`);
  return Number(text);
}

async function down(only) {
  const folder = cached("spark");
  const ports = existsSync(folder) ? readdirSync(folder) : [];
  let stopped = 0;
  for (const port of ports) {
    const file = join(folder, port, "server.json");
    if ((only !== undefined && port !== only) || !existsSync(file)) continue;
    const { pids } = JSON.parse(readFileSync(file, "utf8"));
    stopAll(pids);
    for (let i = 0; i < 100 && (await answers(Number(port))); i++) await new Promise((done) => setTimeout(done, 100));
    stopAll(pids, "SIGKILL");
    rmSync(join(folder, port), { recursive: true, force: true });
    console.log(`stopped the Spark server on port ${port}`);
    stopped++;
  }
  if (stopped === 0) console.log(`no Spark server was up${only === undefined ? "" : ` on port ${only}`}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      cluster: { type: "boolean" },
      workers: { type: "string" },
      cores: { type: "string" },
      port: { type: "string" },
      version: { type: "string" },
    },
  });
  if (positionals[0] === "down") await down(values.port);
  else if (positionals[0] === "up")
    try {
      const server = await startSpark({
        ...(values.port ? { port: Number(values.port) } : {}),
        ...(values.version ? { version: values.version.split(".").slice(0, 2).join(".") } : {}),
        ...(values.cores ? { cores: wholeNumber("cores", values.cores) } : {}),
        ...(values.workers ? { workers: wholeNumber("workers", values.workers) } : {}),
        cluster: (values.cluster ?? false) || values.workers !== undefined,
        keep: true,
        say: console.log,
      });
      console.log(`ready; its page is ${server.ui}\n\nexport SPARK_REMOTE='${server.remote}'`);
    } catch (error) {
      console.error(`sluice: ${error.message}`);
      process.exitCode = 1;
    }
  else {
    console.error(
      "npm run spark:up [-- --cluster [--workers N]] [--cores N] [--port N] [--version 4.1] | npm run spark:down",
    );
    process.exitCode = 2;
  }
}
