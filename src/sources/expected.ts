import { type Column, isNumeric, type Reading, type Type } from "../base/schema.js";

/**
 * A column of text that a model expects, out of what its cells show: as expected, but for cells that are plainly of a kind that becomes
 * the expected one, value by value, as the columns of a Parquet file do (expr/fit-columns.ts). The model's spellings rule all the same.
 */
export function asExpected(
  { name, type, read = {} }: Column,
  found: { readonly type: Type; readonly read?: Reading },
): Column {
  const truth = (type.kind === "bool" && isNumeric(found.type)) || (found.type.kind === "bool" && isNumeric(type));
  const becomes = truth || (isTime(type) && isTime(found.type));
  // A year that comes first leaves no doubt; which of day and month does must be said.
  const order = read.dateOrder ?? read.dateFormat ?? found.read?.dateOrder;
  const yearFirst = isTime(type) && becomes && order === "ymd" ? { dateOrder: "ymd" as const } : {};
  return { name, type: becomes ? found.type : type, read: { ...yearFirst, ...read } };
}

const isTime = ({ kind }: Type): boolean => kind === "date" || kind === "timestamp";
