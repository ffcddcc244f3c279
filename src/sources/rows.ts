import type { Schema, Value } from "../base/schema.js";
import { jsonl } from "./jsonl.js";
import type { SourceOptions } from "./options.js";
import type { TextScan } from "./scan.js";
import { spool } from "./spool.js";
import { dayText, microsText } from "./times.js";

/** Rows of an iterator, spooled once as JSON lines; without a schema, types are those that all rows agree on. */
export async function rows(
  from: AsyncIterable<object> | Iterable<object>,
  options: SourceOptions,
  schema?: Schema,
): Promise<TextScan> {
  const file = await spool(asLines(from), "the iterator", options, ".jsonl");
  const scan = await jsonl([file], { ...options, format: "jsonl" });
  return { ...scan, format: "rows", ...(schema ? { schema } : {}), assumed: [] };
}

async function* asLines(from: AsyncIterable<object> | Iterable<object>): AsyncGenerator<Buffer> {
  let text: string[] = [];
  let length = 0;
  for await (const row of from) {
    const line = `${JSON.stringify(row, plain)}\n`.replaceAll(/"\\u0000i(-?(?:\d+|Infinity))"/g, "$1");
    text.push(line);
    length += line.length;
    if (length > 1 << 20) {
      yield Buffer.from(text.join(""));
      [text, length] = [[], 0];
    }
  }
  if (length > 0) yield Buffer.from(text.join(""));
}

function plain(_: string, value: Value | Date | object): unknown {
  if (typeof value === "bigint") return `\0i${value}`;
  if (typeof value === "number" && !Number.isFinite(value)) return Number.isNaN(value) ? null : `\0i${value}`;
  if (value && typeof value === "object" && "micros" in value) return microsText((value as { micros: bigint }).micros);
  if (value && typeof value === "object" && "days" in value) return dayText((value as { days: number }).days);
  return value;
}
