import type { Aggregate } from "../../expr/relation.js";
import type { Term } from "../dialect.js";
import { double } from "./literals.js";
import { asLong, asReal, isWhole } from "./terms.js";

/** Exact aggregates: sums are of integers, so that tasks can add them up in any order. Sums come as DECIMAL(38, 0). */
export function aggregate(one: Aggregate, args: readonly Term[], where: string | undefined): string {
  const [arg] = args;
  const sql = arg && (arg.stored ?? arg.sql);
  switch (one.agg) {
    case "count":
      return `count(${sql ?? "*"})`;
    case "min":
    case "max":
      return `${one.agg}(${sql})`;
    case "approxDistinct":
      return `approx_count_distinct(${sql})`;
    case "countDistinct":
      return `count(DISTINCT ${sql})`;
    case "sum":
      return sumOf(isWhole(arg!.type) ? asLong(arg!) : `CAST(${sql} AS BIGINT)`);
    case "fixedSum":
      return fixedSum(asReal(arg!), one.scale, one.largest);
    case "wholeSum":
      // Spark's floor of a real is a BIGINT, and its ANSI sums check each addition.
      return `coalesce(sum(floor(${asReal(arg!)} + 0.5D)), 0L)`;
    case "sample":
      return `collect_list(struct(${args.map((term, i) => `${term.sql} AS a${i}`).join(", ")})) FILTER (WHERE ${where})`;
  }
}

/** The high and low halves of 64-bit integers, each of which 2^31 rows can add up without overflow. */
const sumOf = (x: string): string =>
  `(coalesce(CAST(sum(shiftright(${x}, 32)) AS DECIMAL(38, 0)), 0) * 4294967296 + coalesce(CAST(sum(${x} & 4294967295L) AS DECIMAL(38, 0)), 0))`;

const half = 2 ** 62;

/** Spark's floor of a real is a BIGINT. A cast to DECIMAL would go by Java's digits, and lose bits. */
function fixedSum(arg: string, scale: number, largest: number | undefined): string {
  const finite = `CASE WHEN abs(${arg}) < ${double(Infinity)} THEN ${arg} END`;
  const scaled = scale === 0 ? finite : `(${finite} * ${double(2 ** scale)})`;
  if (largest !== undefined && largest * 2 ** scale < half) return sumOf(`floor(${scaled})`);
  // Beyond 62 bits: the quotient by 2^62 without its fraction, and what is left, which has the same sign and so is exact.
  const high = `try_cast(${scaled} / ${double(half)} AS BIGINT)`;
  const low = `floor(${scaled} - CAST(${high} AS DOUBLE) * ${double(half)})`;
  return `(${sumOf(high)} * ${2n ** 62n} + ${sumOf(low)})`;
}
