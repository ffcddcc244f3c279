import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canonical } from "../../src/base/canonical.js";
import type { Row } from "../../src/base/schema.js";
import type { Engine } from "../../src/engines/contract.js";
import { parseRemote } from "../../src/engines/spark/connection/remote.js";
import { SparkEngine } from "../../src/engines/spark.js";
import { col } from "../../src/expr/expr.js";
import type { Relation } from "../../src/expr/relation.js";
import type { Block, FittedFeature } from "../../src/features/contract.js";
import { blocksOf, fitStages } from "../../src/features/fit.js";
import { features } from "../../src/features/index.js";
import { type TestTables, testTables } from "../../src/features/testing.js";
import { openSource } from "../../src/sources/index.js";
import { apartOf, compared } from "../support/equality.js";
import { columns, inputsFor, paramsFor, training, unseen, wider } from "../support/feature-rows.js";
import { needs } from "../support/needs.js";
import { sparkRemote } from "../support/spark.js";

/** Every feature over every type that it takes, with its defaults and with others. */
const stages = features.flatMap((feature) =>
  [{}, ...(wider[feature.name] ? [wider[feature.name]!] : [])].flatMap((params, p) =>
    inputsFor(feature).map((inputs) => ({
      feature: feature.name,
      name: `${feature.name} ${inputs.join(" ")} ${p}`,
      inputs: inputs.map(col),
      params: paramsFor(feature.name, inputs, params),
    })),
  ),
);
/** Made of ln, pow, sin and cos, whose last digits are Java's there and C's here. */
const rounded: ReadonlySet<string> = new Set(["log", "power", "cyclic"]);
/** What of a block goes into pages. */
const encoded = (block: Block) => (block.kind === "text" ? block.codes : block.expr);

interface Found {
  readonly fitted: readonly FittedFeature[];
  /** By table, its rows in their order: a column `b<i>` for each block. */
  readonly rows: readonly (readonly Row[])[];
}

needs.spark()("features on DuckDB and on Spark", () => {
  let tables: TestTables;
  let spark: SparkEngine;
  let here: Found;
  let there: Found;
  beforeAll(async () => {
    tables = await testTables();
    const local = [await tables.table("train", columns, training), await tables.table("others", columns, unseen)];
    spark = await SparkEngine.open({ remote: parseRemote(await sparkRemote()), local: tables.engine });
    const remote = await Promise.all(
      local.map(async ({ scan }) => ({
        kind: "scan" as const,
        scan: await openSource(`sc:${scan.files[0]!.path}`, { cacheDir: "/none", cluster: spark.cluster }),
      })),
    );
    here = await found(tables.engine, local);
    there = await found(spark, remote);
  });
  afterAll(async () => {
    await spark?.[Symbol.asyncDispose]();
    await tables?.[Symbol.asyncDispose]();
  });

  async function found(engine: Engine, [train, others]: readonly Relation[]): Promise<Found> {
    const fitted = await fitStages(stages, { engine, relation: train!, seed: 3 });
    const made = blocksOf(fitted).map((block, i) => [`b${i}`, encoded(block)] as const);
    const rowsOf = (from: Relation): Promise<Row[]> =>
      engine.rows(
        {
          kind: "sort",
          from: { kind: "project", from, columns: { id: col("id"), ...Object.fromEntries(made) } },
          by: [{ expr: col("id") }],
        },
        1000,
      );
    return { fitted, rows: [await rowsOf(train!), await rowsOf(others!)] };
  }

  describe.each(features.map(({ name }) => name))("%s", (name) => {
    test("is fitted to the same state, and encodes the same columns", () => {
      const own = (of: Found): readonly FittedFeature[] => of.fitted.filter(({ feature }) => feature === name);
      const within = rounded.has(name) ? 1e-12 : 0;
      expect(own(here).length).toBeGreaterThan(0);
      expect(canonical(own(there))).toBe(canonical(own(here)));
      const owners = here.fitted.flatMap((one) =>
        blocksOf([one]).map(({ name: block }) => ({ of: one.feature, block })),
      );
      let apart = 0;
      let values = 0;
      for (const [i, { of, block }] of owners.entries())
        for (const [t, rows] of of === name ? here.rows.entries() : []) {
          expect(there.rows[t]!.length).toBe(rows.length);
          for (const [r, row] of rows.entries()) {
            const [a, b] = [row[`b${i}`], there.rows[t]![r]![`b${i}`]];
            const far = apartOf(a, b);
            if (far > within) expect({ block, row: r, value: b }).toEqual({ block, row: r, value: a });
            apart = Math.max(apart, far);
            values++;
          }
        }
      expect(values).toBeGreaterThan(600);
      compared("feature", name, apart, within);
    });
  });
});
