import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wantedSpark } from "../../scripts/optional.mjs";
import type { SparkSession } from "../../src/engines/spark/connection/session.js";
import { type Frame, sql } from "../../src/engines/spark/frames/plan.js";
import { collect } from "../../src/engines/spark/mllib/collect.js";
import { plainAttributes } from "../../src/engines/spark/mllib/model.js";
import { modelNameOf, operatorOf } from "../../src/engines/spark/mllib/operator.js";
import { models, operators } from "../../src/engines/spark/mllib/table.js";
import {
  type EstimatorName,
  type EvaluatorName,
  evaluate,
  fit,
  type MllibModel,
  type Operator,
  type OperatorName,
  type TransformerName,
  transform,
} from "../../src/engines/spark/mllib.js";
import { compared } from "../support/equality.js";
import { needs } from "../support/needs.js";
import { openSpark, sparkRemote } from "../support/spark.js";
import { type Case, cases } from "./mllib-cases.js";
import { pyspark } from "./peer.js";
import { expectClose, type Plain, plain } from "./plain.js";

/** What a client found: the same names from ours and from PySpark's. */
interface Found {
  readonly metric?: Plain;
  readonly rows?: Plain;
  readonly attributes?: Readonly<Record<string, Plain>>;
  readonly summary?: Readonly<Record<string, Plain>>;
  readonly frames?: Readonly<Record<string, Plain>>;
  readonly failed?: string;
}

/** Of the server that this run starts. */
const { version } = wantedSpark();

const kindOf = (name: OperatorName): string => operators[name].kind;

/** Plain values without arguments that a case's model, or its training summary, can be asked. */
function questions({ operator, params, except }: Case): { attributes: readonly string[]; summary: readonly string[] } {
  if (kindOf(operator) !== "estimator") return { attributes: [], summary: [] };
  const model = modelNameOf(operatorOf(operator, params) as Operator<EstimatorName>);
  const asked = (of: readonly string[]): string[] => of.filter((name) => !Object.hasOwn(except, name));
  const summary = Object.entries(models[model].summary as Record<string, string>)
    .filter(([, ways]) => ways.startsWith("() ") && !ways.startsWith("() frame"))
    .map(([name]) => name);
  return { attributes: asked(plainAttributes(model)), summary: asked(summary) };
}

needs.spark()("MLlib", () => {
  let session: SparkSession;
  let theirs: readonly Found[];
  beforeAll(async () => {
    session = await openSpark();
    theirs = await pyspark("mllib", {
      remote: await sparkRemote(),
      cases: cases.map((one) => ({ ...one, ...questions(one) })),
    });
  }, 600_000);
  afterAll(() => session?.close());

  test("has a case for each of its operators", () => {
    expect([...new Set(cases.map(({ operator }) => operator))].sort()).toEqual(Object.keys(operators).sort());
    expect(cases.filter(({ within, because }) => within > 1e-9 && !because)).toEqual([]);
  });

  describe.each(
    cases.map((one, i) => [`${one.operator} ${JSON.stringify(one.params)}`.slice(0, 100), one, i] as const),
  )("%s", (_, one, i) => {
    if (one.since !== undefined && Number(version) < one.since) {
      test(`is refused by Spark ${version}: it is there from ${one.since} on`, async () => {
        expect(theirs[i]!.failed).toContain("UNSUPPORTED_EXCEPTION");
        const refusal = { code: "cluster_error", facts: { errorClass: "CONNECT_ML.UNSUPPORTED_EXCEPTION" } };
        await expect(run(session, one)).rejects.toMatchObject(refusal);
      });
      return;
    }
    test("gives what PySpark's own client gets", async () => {
      expect(theirs[i]!.failed).toBeUndefined();
      const ours = await run(session, one);
      expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs[i]!).sort());
      const { rows, ...rest } = theirs[i]!;
      const ofRows = expectClose(ours.rows ?? [], rows ?? [], one.within, `${one.operator} rows`);
      const ofRest = expectClose({ ...ours, rows: [] } as Plain, { ...rest, rows: [] } as Plain, 1e-9, one.operator);
      compared("mllib", one.operator, Math.max(ofRows, ofRest), one.within);
    });
  });
});

async function run(session: SparkSession, one: Case): Promise<Found> {
  let rows: Frame = sql(one.sql);
  for (const stage of one.before) rows = (await applied(session, stage.operator, stage.params, rows)).rows;
  if (kindOf(one.operator) === "evaluator")
    return {
      metric: plain(await evaluate(session, operatorOf(one.operator, one.params) as Operator<EvaluatorName>, rows)),
    };
  const { model, rows: changed } = await applied(session, one.operator, one.params, rows);
  const found: { -readonly [K in keyof Found]: Found[K] } = {};
  if (one.columns.length > 0)
    found.rows = plain(
      await collect(session, sql(`SELECT ${one.columns.join(", ")} FROM changed ORDER BY id`, {}, { changed })),
    );
  if (model === undefined) return found;
  const { attributes, summary } = questions(one);
  found.attributes = await answers(attributes, (name) => model.attribute(name));
  if (summary.length > 0) found.summary = await answers(summary, (name) => model.summary(name));
  if (one.frames.length > 0)
    found.frames = Object.fromEntries(
      await Promise.all(
        one.frames.map(async ({ name, args, by }) => [
          name,
          plain(
            await collect(
              session,
              sql(`SELECT * FROM asked ORDER BY ${by}`, {}, { asked: model.frame(name, ...args) }),
            ),
          ),
        ]),
      ),
    );
  await model.dispose();
  return found;
}

async function applied(
  session: SparkSession,
  name: OperatorName,
  params: Readonly<Record<string, unknown>>,
  rows: Frame,
): Promise<{ model?: MllibModel; rows: Frame }> {
  const operator = operatorOf(name, params);
  if (kindOf(name) === "transformer") return { rows: transform(operator as Operator<TransformerName>, rows) };
  const model = await fit(session, operator as Operator<EstimatorName>, rows);
  return { model, rows: model.transform(rows) };
}

async function answers(
  names: readonly string[],
  ask: (name: string) => Promise<unknown>,
): Promise<Record<string, Plain>> {
  const found: Record<string, Plain> = {};
  for (const name of names) found[name] = plain(await ask(name));
  return found;
}
