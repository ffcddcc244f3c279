import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { breathing } from "../base/breath.js";
import { SluiceError } from "../base/errors.js";
import { me } from "../base/owner.js";
import type { Row } from "../base/schema.js";
import { blocksOf } from "../features/fit.js";
import type { Contributions } from "../learners/contract.js";
import { learnerNamed } from "../learners/index.js";
import { className, type Model } from "../model/model.js";
import { path as pathText, text } from "../sql/duckdb/literals.js";
import type { DataOptions } from "../train/source.js";
import type { Workspace } from "../train/workspace.js";
import { adapted, unused } from "./formulas.js";
import { openForModel, type PredictOptions, targetOf } from "./predict.js";

/** A row taken apart: `base` and the contributions add up to `output`. With several classes there is one for each. */
export interface ExplainedRow {
  /** Counted from 0 in the order of the source. */
  readonly row: number;
  readonly class?: string;
  readonly base: number;
  /** By feature, in the order of the model's features. */
  readonly contributions: Readonly<Record<string, number>>;
  readonly output: number;
}

/** A row that the model cannot read, as predict has it. */
export interface FailedRow {
  readonly row: number;
  readonly error: string;
}

/** What the contributions of a model's rows add up to, in words. */
export function explainedOutput(model: Model): string {
  const { of } = contributionsOf(model);
  if (of === "log") return `logarithm of ${model.label.text}`;
  if (model.task === "regression") return model.label.text;
  return `${of === "share" ? "share" : "log odds"}${model.calibration ? " before calibration" : ""}`;
}

function contributionsOf(model: Model): Contributions {
  const learner = learnerNamed(model.learner);
  const found = learner.contributions?.(model.state as never, blocksOf(model.features));
  if (!found)
    throw new SluiceError("usage", `a model of the learner ${model.learner} has no contributions of features to show`, {
      learner: model.learner,
    });
  return found;
}

/** A function that takes rows apart: exact Shapley values of the features, for this model. */
export function explainRow(model: Model): (row: Row, index?: number) => ExplainedRow[] {
  const { base, explain } = contributionsOf(model);
  const names: string[] = [];
  for (const { name } of blocksOf(model.features)) names.push(unused(name, names));
  return (row, index = 0) =>
    explain(row).map((values, k) => ({
      row: index,
      ...(model.task === "multiclass" ? { class: className(model.classes[k]!) } : {}),
      base: base[k]!,
      contributions: Object.fromEntries(names.map((name, b) => [name, values[b]!])),
      output: values.reduce((sum, value) => sum + value, base[k]!),
    }));
}

const chunkRows = 4096;

/** The first rows of a source taken apart, some thousands at a time. */
export async function* explainRows(
  model: Model,
  sources: readonly string[],
  options: DataOptions,
  workspace: Workspace,
  limit: number,
): AsyncGenerator<(ExplainedRow | FailedRow)[]> {
  const explain = explainRow(model);
  const breath = breathing(workspace.signal);
  const error = unused(
    "__error",
    model.inputs.columns.map(({ name }) => name),
  );
  const data = await openForModel(model, sources, options, workspace);
  let index = 0;
  for (let file = 0; file < data.scan.files.length && index < limit; file++)
    for (let from = 0; index < limit; from += chunkRows) {
      const part = { file, from, to: from + Math.min(chunkRows, limit - index) };
      const relation = adapted(model, { kind: "scan", scan: data.scan, part }, data.schema, { error });
      const rows = await workspace.engine.rows(relation, chunkRows, workspace.signal);
      const taken = (row: Row): readonly (ExplainedRow | FailedRow)[] => {
        const problem = row[error] ?? null;
        const at = index++;
        return problem === null ? explain(row, at) : [{ row: at, error: String(problem) }];
      };
      const apart: (ExplainedRow | FailedRow)[] = [];
      for (const row of rows) {
        apart.push(...taken(row));
        await breath();
      }
      if (apart.length > 0) yield apart;
      if (rows.length < part.to - part.from) break;
    }
}

/**
 * One row in, one row out (one per class with several): row, class, output, base, and a column per feature. A row that the model cannot
 * read has an error in their place, in a column of its own where there are such rows.
 */
export async function explainFile(
  model: Model,
  sources: readonly string[],
  options: Pick<PredictOptions, "to" | "overwrite"> & DataOptions,
  workspace: Workspace,
  limit: number,
): Promise<{ rows: number; bytes: number; errors: number }> {
  const target = targetOf(options, workspace);
  const scratch = join(workspace.home.cache, `explain-${me}.jsonl`);
  const fixed = ["row", ...(model.task === "multiclass" ? ["class"] : []), "output", "base"];
  const types: Record<string, string> = { row: "BIGINT", class: "VARCHAR", error: "VARCHAR" };
  const taken = [...fixed, "error"];
  let errors = 0;
  try {
    writeFileSync(scratch, "");
    let names = fixed;
    for await (const rows of explainRows(model, sources, options, workspace, limit)) {
      const lines = rows.map((one) => {
        if ("error" in one) {
          errors++;
          return JSON.stringify(one);
        }
        const { contributions, ...row } = one;
        const line: Record<string, unknown> = Object.fromEntries(fixed.map((name) => [name, row[name as "row"]]));
        for (const [name, value] of Object.entries(contributions)) line[unused(name, taken)] = value;
        names = Object.keys(line);
        return JSON.stringify(line);
      });
      appendFileSync(scratch, `${lines.join("\n")}\n`);
    }
    const columns = [...names, ...(errors > 0 ? ["error"] : [])].map(
      (name) => `${text(name)}: '${types[name] ?? "DOUBLE"}'`,
    );
    const query = `SELECT * FROM read_json(${pathText(scratch)}, format = 'newline_delimited', columns = {${columns.join(", ")}})`;
    return { ...(await workspace.local.write({ kind: "sql", text: query }, target, workspace.signal)), errors };
  } finally {
    rmSync(scratch, { force: true });
  }
}
