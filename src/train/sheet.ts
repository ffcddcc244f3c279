import { UnknownColumnError } from "../base/errors.js";
import type { Roles, Schema } from "../base/schema.js";
import { subSeed } from "../base/seeds.js";
import { formulasOf } from "../data/formulas.js";
import { rolesOf } from "../data/roles.js";
import { type OpenData, openData } from "../data/source.js";
import { inShare } from "../data/split.js";
import { call, type Expr } from "../expr/expr.js";
import type { Relation } from "../expr/relation.js";
import type { Requested } from "../features/fit.js";
import { remembered } from "../runs/facts.js";
import type { Journal } from "../runs/journal.js";
import type { LandedScan } from "../sources/scan.js";
import { planFor } from "./plan.js";
import type { Run } from "./run.js";
import { openJournal } from "./run-file.js";
import type { Plan, TrainSpec } from "./spec.js";

/** A source that is open, and what every formula of the training means in it. */
export interface Sheet extends Disposable {
  readonly run: Run;
  readonly data: OpenData;
  readonly scan: LandedScan;
  readonly schema: Schema;
  readonly names: readonly string[];
  readonly label: Expr;
  /** What --where asks of a row, and whether it is in the sample that --sample asks for. */
  readonly where: Expr | undefined;
  readonly sampled: Expr | undefined;
  readonly requested: readonly Requested[] | undefined;
  readonly roles: Roles;
  readonly all: Relation;
  readonly plan: Plan;
  readonly journal: Journal;
  /** What is found out about the source, once for all runs that ask the same of the same bytes. */
  known<T>(unit: string, find: () => Promise<T>): Promise<T>;
}

export async function openSheet(run: Run, trustFooters: boolean): Promise<Sheet> {
  const { spec, workspace, events, warnings } = run;
  const { engine, signal } = workspace;
  events.stage?.("reading the source");
  const data = await openData(
    spec.sources,
    spec,
    workspace,
    run.asideDir,
    (progress) => events.rows?.({ stage: "landing", rows: progress.rows, of: 0, pass: 0 }),
    "when read",
  );
  run.assumed.push(...data.assumed);
  warnings.push(...data.warnings);
  const { scan, schema } = data;
  const names = schema.columns.map(({ name }) => name);
  const { label, where, requested, wide } = await formulasOf(spec, schema, scan, engine, signal);
  for (const formula of wide)
    warnings.push({
      code: "overflow",
      message: `${formula} goes beyond 64-bit whole numbers in some rows, so it is computed with real numbers`,
    });
  const roles = rolesOf(spec, schema);
  for (const name of [...(spec.drop ?? []), ...(spec.allowLeak ?? [])])
    if (!names.includes(name)) throw new UnknownColumnError(name, names);
  const all: Relation = { kind: "scan", scan };
  const sampled =
    spec.sample === undefined || spec.sample >= 1
      ? undefined
      : inShare(spec.sample, subSeed(run.seed, "sample"), idOf(roles));
  const plan = await planFor(spec, data.source, workspace);

  const journal = openJournal(run.dir, spec, data, events.unit, trustFooters ? undefined : "journal-counted");
  if (journal.damagedLines > 0)
    warnings.push({
      code: "damaged",
      message: `the run's journal was damaged; what its last ${journal.damagedLines} lines said is done again`,
    });
  return {
    ...{ run, data, scan, schema, names, label, where, sampled, requested, roles, all, plan, journal },
    known: knownBy(journal, run, data, schema),
    [Symbol.dispose]: () => journal.close(),
  };
}

/** Facts by their names, with `of` before them where they are about a part of the rows. */
export function knownBy(
  journal: Journal,
  { spec, workspace }: Pick<Run, "spec" | "workspace">,
  data: OpenData,
  schema: Schema,
  of = "",
): Sheet["known"] {
  const asked = decidesFacts(spec);
  const facts = { asked, source: data.fingerprint, schema, partitions: data.source.files.length };
  return (unit, find) =>
    journal.unit(unit, () =>
      remembered(workspace.home.cache, { unit: `${of}${unit}`, ...facts }, () => data.intact().then(find)),
    );
}

/** What is found out about a source depends on its bytes and on what was asked, not on the learner, the run or the budget. */
function decidesFacts({
  name: _name,
  learner: _learner,
  params: _params,
  sources: _sources,
  sums: _sums,
  calibrate: _calibrate,
  test: _test,
  pageRows: _pageRows,
  ...asked
}: TrainSpec) {
  return asked;
}

export const rowsOf = (from: Relation, where: Expr | undefined): Relation =>
  where ? { kind: "filter", from, where } : from;
export const both = (a: Expr | undefined, b: Expr | undefined): Expr | undefined =>
  a && b ? call("and", a, b) : (a ?? b);
const idOf = (roles: Roles): Expr | undefined => (roles.id === undefined ? undefined : { kind: "col", name: roles.id });
