import { SluiceError } from "../base/errors.js";
import { type Row, type Schema, type Type, typeName, type Value } from "../base/schema.js";
import { evaluate } from "./evaluate.js";
import { call, lit } from "./expr.js";

/** A plain object (JSON of a request, a user's row) as a row of the schema; a value of another type is refused by name. */
export function coerceRow(schema: Schema, given: Readonly<Record<string, unknown>>): Row {
  const row: Record<string, Value> = {};
  for (const { name, type } of schema.columns) row[name] = coerce(name, type, given[name]);
  return row;
}

function coerce(name: string, type: Type, value: unknown): Value {
  if (value === undefined || value === null) return null;
  switch (type.kind) {
    case "int64":
    case "real":
    case "decimal":
      if (typeof value === "number" || typeof value === "bigint") return value;
      break;
    case "bool":
      if (typeof value === "boolean") return value;
      break;
    case "text":
      if (typeof value === "string") return value;
      break;
    case "date":
    case "timestamp": {
      if (value instanceof Date && !Number.isNaN(value.getTime()))
        return type.kind === "date" ? { days: Math.floor(value.getTime() / 86_400_000) } : { micros: BigInt(value.getTime()) * 1000n };
      if (typeof value === "object" && ("days" in value || "micros" in value)) return value as Value;
      const parsed = typeof value === "string" ? evaluate(call(type.kind === "date" ? "toDate" : "toTimestamp", lit(value)), {}) : null;
      if (parsed !== null) return parsed;
      break;
    }
    default:
      return value as Value;
  }
  const right = type.kind === "date" ? "text like 2020-01-31" : type.kind === "timestamp" ? "text like 2020-01-31 12:30:00" : `a ${typeName(type)}`;
  throw new SluiceError("wrong_type", `column "${name}" is ${JSON.stringify(value)}; it must be ${right}`, { column: name, value });
}
