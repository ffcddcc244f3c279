import { createHash } from "node:crypto";

/**
 * JSON with sorted keys and one spelling for each value, so that equal data has equal text.
 * Typed arrays are written as their bytes, bigints as strings, -0 as 0; undefined fields are left out.
 */
export function canonical(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return `"${value}"`;
    return JSON.stringify(value === 0 ? 0 : value);
  }
  if (typeof value === "bigint") return `"${value}"`;
  if (ArrayBuffer.isView(value))
    return `"${value.constructor.name}:${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64")}"`;
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item ?? null)).join(",")}]`;
  if (typeof value === "object") {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    fields.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(",")}}`;
  }
  throw new Error(`no canonical form for a ${typeof value}`);
}

export const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
export const hashOf = (value: unknown): string => sha256(canonical(value));
