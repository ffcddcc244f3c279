import type { SparkSession } from "../connection/session.js";
import { type Fetched, fromLiteral } from "../frames/literals.js";
import { ask } from "./ask.js";

/** An object in the session's cache on the server. */
export interface CachedModel {
  readonly id: string;
  /** Its JVM class. */
  readonly class: string;
  readonly bytes: number;
}

/** What the server keeps for this session: models, and the trees of models that were asked for them. */
export async function cachedModels(session: SparkSession, signal?: AbortSignal): Promise<readonly CachedModel[]> {
  const answer = await ask(session, { case: "getCacheInfo", value: {} }, signal ? { signal } : {});
  if (answer.case !== "param") return [];
  return (fromLiteral(answer.value) as readonly Fetched[]).map((line) => cachedIn(line as string));
}

/** Spark 4.2 writes JSON, 4.1 "id: ..., obj: class ..., size: ...". */
export function cachedIn(line: string): CachedModel {
  const [, ...parts] = /^id: (.*), obj: class (.*), size: (\d+)$/.exec(line) ?? [];
  const [id, jvm, size] = parts;
  if (id !== undefined && jvm !== undefined) return { id, class: jvm, bytes: Number(size) };
  const told = JSON.parse(line) as { id: string; class: string; size?: number };
  return { id: told.id, class: told.class, bytes: told.size ?? 0 };
}

/** Deletes models by id. Ids that are gone already are no error. */
export async function deleteModels(session: SparkSession, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  for (const id of ids) holdingsOf(session).ids.delete(id);
  await ask(session, { case: "delete", value: { objRefs: ids.map((id) => ({ id })) } });
}

/** Deletes all that the session's cache has; gives how many there were. Models of it that are still held are lost. */
export async function clearModels(session: SparkSession): Promise<number> {
  const answer = await ask(session, { case: "cleanCache", value: {} });
  holdingsOf(session).ids.clear();
  return answer.case === "param" ? (fromLiteral(answer.value) as number) : 0;
}

interface Holdings {
  /** Models that somebody holds. */
  readonly ids: Set<string>;
  fits: number;
  /** A fit was cancelled, and the server may have kept its model all the same. */
  orphans: boolean;
}
const holdings = new WeakMap<SparkSession, Holdings>();

export function holdingsOf(session: SparkSession): Holdings {
  let of = holdings.get(session);
  if (of === undefined) {
    of = { ids: new Set(), fits: 0, orphans: false };
    holdings.set(session, of);
  }
  return of;
}

/**
 * Deletes what cancelled fits left: Spark answers OPERATION_CANCELED and may have registered the model just before. Waits for the last fit
 * under way, whose model nobody holds yet. A session with a name from outside may be shared: there, nothing is deleted.
 */
export async function deleteOrphans(session: SparkSession): Promise<void> {
  const of = holdingsOf(session);
  if (!of.orphans || of.fits > 0 || session.remote.sessionId !== undefined) return;
  of.orphans = false;
  const left = (await cachedModels(session)).filter(({ id }) => !of.ids.has(id));
  await deleteModels(
    session,
    left.map(({ id }) => id),
  );
}
