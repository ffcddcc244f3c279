import type { Type } from "../base/schema.js";

/** The type that holds the values of both exactly, or as reals; undefined where there is none. */
export function commonType(a: Type, b: Type): Type | undefined {
  if (JSON.stringify(a) === JSON.stringify(b)) return a;
  const kinds = [a.kind, b.kind].sort().join(" ");
  if (kinds === "int64 real" || kinds === "decimal real") return { kind: "real" };
  const [left, right] = [asDecimal(a), asDecimal(b)];
  if (!left || !right) return undefined;
  const scale = Math.max(left.scale, right.scale);
  const precision = Math.max(left.precision - left.scale, right.precision - right.scale) + scale;
  return precision <= 38 ? { kind: "decimal", precision, scale } : { kind: "real" };
}

const asDecimal = (type: Type): { readonly precision: number; readonly scale: number } | undefined =>
  type.kind === "decimal" ? type : type.kind === "int64" ? { precision: 19, scale: 0 } : undefined;
