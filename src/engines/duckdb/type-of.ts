import { bool, type Column, date, int64, real, type Type, text } from "../../base/schema.js";

const simple: Readonly<{ [name: string]: Type }> = {
  BOOLEAN: bool,
  TINYINT: int64,
  SMALLINT: int64,
  INTEGER: int64,
  BIGINT: int64,
  UTINYINT: int64,
  USMALLINT: int64,
  UINTEGER: int64,
  FLOAT: real,
  DOUBLE: real,
  VARCHAR: text,
  UUID: text,
  DATE: date,
  BLOB: { kind: "bytes" },
  UBIGINT: { kind: "decimal", precision: 20, scale: 0 },
  HUGEINT: { kind: "decimal", precision: 38, scale: 0 },
  TIMESTAMP: { kind: "timestamp", utc: false },
  TIMESTAMP_S: { kind: "timestamp", utc: false },
  TIMESTAMP_MS: { kind: "timestamp", utc: false },
  TIMESTAMP_NS: { kind: "timestamp", utc: false },
  "TIMESTAMP WITH TIME ZONE": { kind: "timestamp", utc: true },
};

/** DuckDB's name of a type as ours: `DECIMAL(10,2)`, `DOUBLE[]`, `FLOAT[128]`, `STRUCT(a INTEGER, "b c" VARCHAR)`. */
export function typeOfDuckdb(name: string): Type {
  const plain = simple[name];
  if (plain) return plain;
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(name);
  if (decimal) return { kind: "decimal", precision: Number(decimal[1]), scale: Number(decimal[2]) };
  const array = /^(.*)\[(\d*)\]$/s.exec(name);
  if (array) {
    const of = typeOfDuckdb(array[1]!);
    if (array[2] !== "" && (of.kind === "real" || of.kind === "int64"))
      return { kind: "vector", length: Number(array[2]) };
    return array[2] === "" && of.kind !== "other" ? { kind: "list", of } : { kind: "other", name };
  }
  if (name.startsWith("STRUCT(") && name.endsWith(")")) {
    const fields = fieldsOf(name.slice(7, -1));
    if (fields) return { kind: "struct", fields };
  }
  return name.startsWith("ENUM(") ? text : { kind: "other", name };
}

function fieldsOf(inside: string): Column[] | undefined {
  const parts: string[] = [];
  let [depth, from, inName] = [0, 0, false];
  for (let i = 0; i < inside.length; i++) {
    const c = inside[i];
    if (c === '"') inName = !inName;
    else if (inName) continue;
    else if (c === "(") depth++;
    else if (c === ")") depth--;
    else if (c === "," && depth === 0) {
      parts.push(inside.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(inside.slice(from));
  const fields: Column[] = [];
  for (const part of parts) {
    const [, quotedName, plainName, type] = /^\s*(?:"((?:[^"]|"")*)"|(\S+))\s+([\s\S]+)$/.exec(part) ?? [];
    if (type === undefined) return undefined;
    fields.push({ name: quotedName?.replaceAll('""', '"') ?? plainName!, type: typeOfDuckdb(type) });
  }
  return fields;
}
