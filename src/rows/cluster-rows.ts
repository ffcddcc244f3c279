import type { Row } from "../base/schema.js";
import type { Engine, Held } from "../engines/contract.js";
import { call, col, type Expr, lit } from "../expr/expr.js";
import type { Relation } from "../expr/relation.js";
import { spaceOf } from "../kernels/space.js";
import { passes } from "../learners/registry.js";
import type { EncodedRows, Pass } from "../pages/pass.js";
import type { KeepRun } from "../pages/pool.js";
import { rowSets, splitCodes } from "../pages/row-set.js";
import type { PassCall } from "../pages/worker.js";
import type { Journal } from "../runs/journal.js";
import { Dataset, type DatasetOptions, type DatasetSpec } from "./dataset.js";
import { type Ranges, rangesQuery, readRanges, spreadsOf, sumsInEngine } from "./engine-sums.js";

/**
 * Source rows that stay where they are: passes over the training rows become queries of the engine, which holds the encoded columns
 * while they last, and gives back sums. A sample to start from still comes here.
 */
export class ClusterRows extends Dataset {
  readonly #options: DatasetOptions;
  #held: Promise<Held> | undefined;
  #about: EncodedRows | undefined;

  constructor(spec: DatasetSpec, options: DatasetOptions) {
    super(spec, options);
    this.#options = options;
  }

  override async run(
    calls: readonly PassCall[],
    journal: Journal | undefined,
    unit: string,
    keep?: KeepRun,
  ): Promise<Float64Array[]> {
    const asked = calls.map(({ name, params, rows }) => {
      const make = (passes[name] as Pass<unknown> | undefined)?.inEngine;
      return rows === rowSets.train && make ? (about: EncodedRows) => make(params, this.layout, about) : undefined;
    });
    if (keep || asked.some((one) => one === undefined)) return super.run(calls, journal, unit, keep);
    this.counters.passes++;
    const known = journal?.doubles(unit);
    if (known) {
      journal!.units.reused++;
      return known;
    }
    journal?.begin(unit);
    this.#about ??= await this.#spreads(journal);
    const sums: Float64Array[] = [];
    for (const [i, one] of asked.entries())
      sums.push(
        await sumsInEngine(one!(this.#about), await this.#rows(), (query, part, read) =>
          this.#ask(journal, `${unit}: ${calls[i]!.name}, query ${part}`, query, read),
        ),
      );
    if (!sums.every((sum) => sum.every(Number.isFinite))) await this.#options.checkValues?.();
    journal?.keepDoubles(unit, sums);
    if (journal) {
      journal.units.done++;
      await journal.synced();
    }
    return sums;
  }

  /** Lets the cluster forget the rows. */
  async release(): Promise<void> {
    const held = await this.#held?.catch(() => undefined);
    this.#held = undefined;
    await held?.release();
  }

  async #ask<T>(
    journal: Journal | undefined,
    unit: string,
    query: Relation,
    read: (rows: readonly Row[]) => T,
  ): Promise<T> {
    const { engine, signal, onProgress } = this.#options;
    const work = async (): Promise<T> => read(await engine.rows(query, Number.POSITIVE_INFINITY, signal));
    const found = journal ? await journal.unit(unit, work) : await work();
    onProgress?.({ stage: "pass", rows: this.#about?.rows ?? 0, pass: this.counters.passes });
    return found;
  }

  /** Where the columns' values lie: what sums are taken about, and in which steps. */
  async #spreads(journal: Journal | undefined): Promise<EncodedRows> {
    const { numbers } = spaceOf(this.layout);
    const weighted = this.spec.weight !== undefined;
    const rows = await this.#rows();
    const ranges = await this.#ask<Ranges>(
      journal,
      "ranges of the columns",
      rangesQuery(rows, numbers, weighted),
      ([row]) => readRanges(row!, numbers),
    );
    const ends = [ranges.heaviest, ...ranges.columns.flatMap(({ low, high }) => [low, high])];
    if (!ends.every(Number.isFinite)) await this.#options.checkValues?.();
    const asked = spreadsOf(ranges, weighted);
    let about: EncodedRows | undefined;
    const read = (values: readonly Float64Array[]): Float64Array => {
      about = asked.read(values);
      return new Float64Array(0);
    };
    await sumsInEngine({ ...asked, read }, rows, (query, part, readQuery) =>
      this.#ask(journal, `spreads of the columns, query ${part}`, query, readQuery),
    );
    return about!;
  }

  /** The encoded training rows, held by the engine from the first query on. */
  async #rows(): Promise<Relation> {
    this.#held ??= this.#hold();
    return (await this.#held).relation;
  }

  async #hold(): Promise<Held> {
    const { engine, signal, beforeRows, checkSource } = this.#options;
    await beforeRows?.();
    const encoded = this.encoded({ kind: "scan", scan: this.spec.scan });
    const columns: Record<string, Expr> = {};
    for (const [name, expr] of Object.entries(encoded.columns)) columns[name] = missingIsNull(name, expr);
    const training = call("and", call("eq", col("split"), lit(splitCodes.train)), call("gt", col("weight"), lit(0)));
    const unweighted = call("eq", col("split"), lit(splitCodes.train));
    const where = this.spec.weight === undefined ? unweighted : training;
    const kept = Object.keys(columns).filter((name) => name !== "split");
    const rows: Relation = {
      kind: "project",
      from: { kind: "filter", from: { ...encoded, columns }, where },
      columns: Object.fromEntries(kept.map((name) => [name, col(name)])),
    };
    const held = await holdIn(engine, rows, signal);
    await checkSource?.();
    return held;
  }
}

/** An engine that holds nothing is asked for the rows anew each time. */
const holdIn = async (engine: Engine, rows: Relation, signal: AbortSignal | undefined): Promise<Held> =>
  engine.hold ? engine.hold(rows, signal) : { relation: rows, release: async () => {} };

/** In a page a missing number is NaN and a missing level -1; sums of queries leave nulls out. */
function missingIsNull(name: string, expr: Expr): Expr {
  if (expr.kind === "lookup" && name.startsWith("k")) return { ...expr, otherwise: null };
  return name.startsWith("n") ? call("when", call("isNan", expr), lit(null), expr) : expr;
}
