import type { Schema } from "../../base/schema.js";
import { fields, list, Misshapen, oneOf, optional, own, type Shape, truth, whole, word } from "./shape.js";

const kinds = [
  "bool",
  "int64",
  "real",
  "decimal",
  "text",
  "bytes",
  "date",
  "timestamp",
  "list",
  "vector",
  "struct",
  "other",
] as const;

export function checkSchema(value: unknown, at: string): Schema {
  const columns = list(own(fields(value, at), "columns"), `${at}.columns`);
  checkColumns(columns, `${at}.columns`, 0);
  return value as Schema;
}

function checkColumns(columns: readonly unknown[], at: string, depth: number): void {
  const names = new Set<string>();
  columns.forEach((column, i) => {
    const place = `${at}[${i}]`;
    const given = fields(column, place);
    const name = word(own(given, "name"), `${place}.name`);
    if (names.has(name)) throw new Misshapen(`${place}.name`, `is ${JSON.stringify(name)} a second time`);
    names.add(name);
    checkType(own(given, "type"), `${place}.type`, depth);
    optional(checkReading)(own(given, "read"), `${place}.read`);
  });
}

function checkType(value: unknown, at: string, depth: number): void {
  if (depth > 20) throw new Misshapen(at, "is nested more than 20 levels deep");
  const type = fields(value, at);
  const kind = oneOf(own(type, "kind"), `${at}.kind`, kinds);
  if (kind === "decimal") {
    whole(own(type, "precision"), `${at}.precision`, 1, 76);
    whole(own(type, "scale"), `${at}.scale`, 0, 76);
  } else if (kind === "timestamp") truth(own(type, "utc"), `${at}.utc`);
  else if (kind === "list") checkType(own(type, "of"), `${at}.of`, depth + 1);
  else if (kind === "vector") whole(own(type, "length"), `${at}.length`, 0, 2 ** 31);
  else if (kind === "struct") checkColumns(list(own(type, "fields"), `${at}.fields`), `${at}.fields`, depth + 1);
  else if (kind === "other") word(own(type, "name"), `${at}.name`);
}

const checkReading: Shape = (value, at) => {
  const read = fields(value, at);
  const text = (name: string): void => optional(word)(own(read, name), `${at}.${name}`);
  optional((one, place) => oneOf(one, place, ["dmy", "mdy", "ymd"]))(own(read, "dateOrder"), `${at}.dateOrder`);
  optional((one, place) => oneOf(one, place, [".", ","]))(own(read, "decimal"), `${at}.decimal`);
  optional((one, place) => oneOf(one, place, [",", ".", " ", "'", "_"]))(own(read, "thousands"), `${at}.thousands`);
  optional((one, place) => list(one, place).forEach((item, i) => void word(item, `${place}[${i}]`)))(
    own(read, "missing"),
    `${at}.missing`,
  );
  for (const name of ["dateFormat", "encoding", "true", "false"]) text(name);
};
