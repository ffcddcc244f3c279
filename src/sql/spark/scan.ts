import type { ScanRelation } from "../../expr/relation.js";
import type { ScanSql } from "../dialect.js";
import { quote } from "./literals.js";
import { withRowHashes } from "./row-hash.js";

/**
 * Always true, and written above `ORDER BY ... LIMIT n` wherever more is computed from those rows. Spark moves formulas below a limit;
 * where they come in two steps (as a shared part of them does), it no longer sees the sort there, and takes the n rows that come first
 * from the tasks. Nothing is moved through a condition that may differ by task.
 */
export const firstRowsStay = "spark_partition_id() >= 0";

/** Reading a frame by the name that the engine gives it, with its rows' hashes where something above needs them. */
export function scan({ scan, part, runs, files }: ScanRelation, seeds: readonly number[]): ScanSql {
  if (scan.format !== "spark") throw new Error(`${scan.format} sources become frames before Spark queries them`);
  const where = [
    ...(files ? [`t.__file >= ${files.from}`, `t.__file < ${files.to}`] : []),
    ...(part ? [`t.__file = ${part.file}`] : []),
    ...(part?.from === undefined ? [] : [`t.__row >= ${part.from}L`]),
    ...(part?.to === undefined ? [] : [`t.__row < ${part.to}L`]),
    ...(runs
      ? [
          `(${runs.map(({ file, from, to }) => `(t.__file = ${file} AND t.__row >= ${from}L AND t.__row < ${to}L)`).join(" OR ")})`,
        ]
      : []),
  ];
  const stored = scan.schema.columns.map(({ name }) => `t.${quote(name)}`);
  const hashed = seeds.length > 0;
  const inner = (): string =>
    `(SELECT ${[...new Set([...stored, "t.`__file`", "t.`__row`"])].join(", ")} FROM ${quote(scan.name)} AS t${where.length > 0 ? ` WHERE ${where.join(" AND ")}` : ""})`;
  return {
    from: `${hashed ? withRowHashes(inner(), stored, seeds) : quote(scan.name)} AS t`,
    where: hashed ? [] : where,
    columns: new Map(scan.schema.columns.map(({ name }) => [name, `t.${quote(name)}`])),
    rowHash: (seed) => `t.__hash_${seed >>> 0}`,
  };
}
