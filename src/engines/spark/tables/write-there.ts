import { setTimeout as sleep } from "node:timers/promises";
import { isError, SluiceError } from "../../../base/errors.js";
import type { Row } from "../../../base/schema.js";
import { quote } from "../../../sql/spark/literals.js";
import type { Target } from "../../contract.js";
import type { SparkSession } from "../connection/session.js";
import { command, type Frame, files, sql, table } from "../frames/plan.js";
import { type Command, WriteOperation_SaveMode, WriteOperation_TableSaveMethod } from "../wire/spark-connect_pb.js";
import { sourceFrame } from "./cluster.js";
import { isPattern, isUnfinished, type Standing, standingOf, trimmed } from "./standing.js";

/** What a write needs of its engine. */
interface Cluster {
  readonly session: SparkSession;
  run(write: Command): Promise<void>;
  rows(frame: Frame): Promise<Row[]>;
  /** Deletes what was written at a path of the cluster's. Nothing there is no error. */
  removeFiles(path: string): Promise<void>;
}

/**
 * Writes a frame to a table or path of the cluster, and counts what stands there then. Where that fails, what it left is removed if
 * nothing stood there before, and the error tells what stands there now: Spark removes the old rows before it writes the new ones, and
 * leaves a folder without rows behind a write that failed, which would be in the way of the next one.
 */
export async function writeThere(cluster: Cluster, input: Frame, target: Target): Promise<number> {
  const { format, overwrite = false } = target;
  const name = target.path.slice("sc:".length);
  const isPath = name.includes("/");
  const form = format === "jsonl" ? "json" : format;
  const written = isPath ? sourceFrame({ kind: "files", form, paths: [name] }) : table(name);
  const place = isPath ? pathOf(cluster, name) : tableOf(cluster, name);
  const before = await place.standing();
  const whole = before === "there" && overwrite ? await place.whole() : false;
  const write = command({
    case: "writeOperation",
    value: {
      input,
      source: form,
      saveType: isPath
        ? { case: "path", value: name }
        : { case: "table", value: { tableName: name, saveMethod: WriteOperation_TableSaveMethod.SAVE_AS_TABLE } },
      mode: overwrite ? WriteOperation_SaveMode.OVERWRITE : WriteOperation_SaveMode.ERROR_IF_EXISTS,
      options: format === "csv" ? { header: "true" } : {},
    },
  });
  try {
    await cluster.run(write);
  } catch (error) {
    if (isError(error, "exists") && !overwrite)
      throw (await place.unfinished().catch(() => false)) ? brokenOff(error, name) : error;
    throw withWords(error, await aftermath(place, name, before, whole));
  }
  const [row] = await cluster.rows(sql("SELECT count(*) AS n FROM written", {}, { written }));
  return Number(row?.["n"] ?? 0);
}

interface Place {
  standing(): Promise<Standing>;
  /** Whether what stands there bears the mark of a finished write, or is one that is only ever whole. */
  whole(): Promise<boolean>;
  /** Whether a write to it is going on, or broke off without its end. */
  unfinished(): Promise<boolean>;
  /** Removes what a write that failed left, if it holds no rows or was made by it alone. */
  clear(): Promise<void>;
}

async function aftermath(place: Place, name: string, before: Standing, whole: boolean): Promise<string> {
  try {
    if (before === "absent") {
      return (await isCleared(place)) ? `nothing is left at sc:${name}` : notWhole(name);
    }
    if (before === "there" && whole)
      return (await place.whole())
        ? `what was at sc:${name} before is there as it was`
        : `what was at sc:${name} before was removed to make room, and what may be left there is not whole: write it again`;
    return `what is at sc:${name} now may be less than what was there, or not whole: look before you use it`;
  } catch {
    return notWhole(name);
  }
}

/**
 * Removes what is left until nothing has come back for a moment: the other tasks of a write that failed are ended after it has, and
 * make their folders again while they still run.
 */
async function isCleared(place: Place): Promise<boolean> {
  let absent = 0;
  for (let tries = 0; tries < 20 && absent < 2; tries++) {
    if (tries > 0) await sleep(250);
    await place.clear();
    absent = (await place.standing()) === "absent" ? absent + 1 : 0;
  }
  return absent === 2;
}

const notWhole = (name: string): string =>
  `what may be left at sc:${name} is not whole: remove it, or write it again with --overwrite`;

const withWords = (error: unknown, words: string): unknown =>
  error instanceof SluiceError
    ? new SluiceError(error.code, `${error.message}; ${words}`, error.facts, { cause: error.cause ?? error })
    : error;

const brokenOff = (cause: unknown, name: string): SluiceError =>
  new SluiceError(
    "exists",
    `a write to sc:${name} is going on, or broke off before its end, so that what is there is not whole; write it again with --overwrite, or to another place`,
    { path: name },
    { cause },
  );

function pathOf({ session, removeFiles }: Cluster, path: string): Place {
  const at = (name: string): Promise<Standing> =>
    isPattern(path) ? Promise.resolve("unknown") : standingOf(session, files("text", [`${trimmed(path)}${name}`]));
  return {
    standing: () => at(""),
    whole: async () => (await at("/_SUCCESS")) === "there",
    unfinished: () => isUnfinished(session, path),
    clear: () => removeFiles(path),
  };
}

function tableOf({ session, rows, removeFiles }: Cluster, name: string): Place {
  const standing = (): Promise<Standing> => standingOf(session, table(name));
  return {
    standing,
    whole: async () => (await standing()) === "there",
    unfinished: () => Promise.resolve(false),
    clear: async () => {
      const folder = await folderOf(name, rows);
      if (folder === undefined || (await standing()) !== "absent") return;
      const remains = files("binaryFile", [folder], { recursiveFileLookup: "true" });
      if ((await standingOf(session, remains)) === "absent") return;
      const [row] = await rows(sql("SELECT count(*) AS n FROM remains", {}, { remains }));
      if (Number(row?.["n"]) === 0) await removeFiles(folder);
    },
  };
}

/** Where Spark's own catalog would put a table; others see to their tables themselves. */
async function folderOf(name: string, rows: Cluster["rows"]): Promise<string | undefined> {
  const parts = [...name.matchAll(/`((?:[^`]|``)+)`|[^.`]+/g)].map(
    ([text, quoted]) => quoted?.replaceAll("``", "`") ?? text,
  );
  const [current] = await rows(sql("SELECT current_catalog() AS catalog, current_schema() AS schema"));
  if (parts.length > 2 || current?.["catalog"] !== "spark_catalog") return undefined;
  const schema = parts.length === 2 ? parts[0]! : String(current["schema"]);
  const facts = await rows(sql(`DESCRIBE SCHEMA EXTENDED ${quote(schema)}`));
  const location = facts.find((fact) => fact["info_name"] === "Location")?.["info_value"];
  return typeof location === "string" ? `${trimmed(location)}/${parts.at(-1)!.toLowerCase()}` : undefined;
}
