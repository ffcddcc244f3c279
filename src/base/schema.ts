/** Column types, as every engine and file format is read into them. Text sorts by its UTF-8 bytes. */
export type Type =
  | { readonly kind: "bool" }
  | { readonly kind: "int64" }
  | { readonly kind: "real" }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "text" }
  | { readonly kind: "bytes" }
  | { readonly kind: "date" }
  /** Microseconds; `utc` is an instant, otherwise a wall clock without a zone. */
  | { readonly kind: "timestamp"; readonly utc: boolean }
  | { readonly kind: "list"; readonly of: Type }
  | { readonly kind: "vector"; readonly length: number }
  | { readonly kind: "struct"; readonly fields: readonly Column[] }
  /** A type we do not read (an interval, a map): the column is dropped with this as its reason. */
  | { readonly kind: "other"; readonly name: string };

export interface Column {
  readonly name: string;
  readonly type: Type;
  /** How its cells were spelled where they were read from text, as far as that had to be decided. A model keeps it with its inputs. */
  readonly read?: Reading;
}

/** What the characters of a text cell mean. What is not said was never in doubt: `1.5`, `2024-12-31`, `true`, the empty cell for missing. */
export interface Reading {
  /** The order of day, month and year in dates that do not begin with the year. */
  readonly dateOrder?: "dmy" | "mdy" | "ymd";
  /** The format of dates in full, as `--date-format` takes it: `%d.%m.%Y`. */
  readonly dateFormat?: string;
  readonly decimal?: "." | ",";
  /** The sign between groups of three digits. */
  readonly thousands?: "," | "." | " " | "'" | "_";
  /** Numbers stand beside other signs: `5 %` is 5, `$5` and `5 EUR` too, and `(5)` or `5-` is -5. */
  readonly adorned?: true;
  /** All spellings of "missing" beside the empty cell. */
  readonly missing?: readonly string[];
  readonly encoding?: string;
  /** The words for true and false, where they are others than these two. */
  readonly true?: string;
  readonly false?: string;
}

export interface Schema {
  readonly columns: readonly Column[];
}

/** What a column is for, when it is not a feature. Roles pass through `predict` untouched. */
export interface Roles {
  readonly id?: string;
  readonly time?: string;
  readonly group?: string;
  readonly weight?: string;
}

/** One cell. An int64 past 2^53 is a bigint; a date is days and a timestamp microseconds since 1970-01-01. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | DateValue
  | TimestampValue
  | readonly Value[];
export interface DateValue {
  readonly days: number;
}
export interface TimestampValue {
  readonly micros: bigint;
}
export type Row = Readonly<Record<string, Value>>;

/** An object for values by the names of columns: `__proto__` and `constructor` are names like others in it. */
export const byName = <T>(): Record<string, T> => Object.create(null) as Record<string, T>;

export const bool: Type = { kind: "bool" };
export const int64: Type = { kind: "int64" };
export const real: Type = { kind: "real" };
export const text: Type = { kind: "text" };
export const date: Type = { kind: "date" };
export const timestamp: Type = { kind: "timestamp", utc: false };

export const isNumeric = ({ kind }: Type): boolean => kind === "int64" || kind === "real" || kind === "decimal";

/** The type in the words of the CLI and of JSON: `int64`, `decimal(10,2)`, `timestamp`, `vector(128)`. */
export function typeName(type: Type): string {
  switch (type.kind) {
    case "decimal":
      return `decimal(${type.precision},${type.scale})`;
    case "timestamp":
      return type.utc ? "timestamp(utc)" : "timestamp";
    case "list":
      return `list(${typeName(type.of)})`;
    case "vector":
      return `vector(${type.length})`;
    case "struct":
      return `struct(${type.fields.map((f) => `${f.name} ${typeName(f.type)}`).join(", ")})`;
    case "other":
      return type.name;
    default:
      return type.kind;
  }
}

export const columnOf = (schema: Schema, name: string): Column | undefined =>
  schema.columns.find((column) => column.name === name);

/** A field of a row, whatever its name: plain assignment to __proto__ would set no field. */
export function setOwn(row: Record<string, Value>, name: string, value: Value): void {
  if (name === "__proto__")
    Object.defineProperty(row, name, { value, enumerable: true, writable: true, configurable: true });
  else row[name] = value;
}
