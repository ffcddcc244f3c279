import { isUtf8 } from "node:buffer";
import type { DataType } from "@uwdata/flechette";
import { bool, date, int64, real, type Type, text } from "../../base/schema.js";
import { dayText, microsText } from "../times.js";

// Type numbers of the Arrow format (Schema.fbs); flechette keeps -1 for its own dictionary type.
export const kind = {
  dictionary: -1,
  null: 1,
  int: 2,
  float: 3,
  binary: 4,
  utf8: 5,
  bool: 6,
  decimal: 7,
  date: 8,
  timestamp: 10,
  list: 12,
  struct: 13,
  fixedBinary: 15,
  fixedList: 16,
  map: 17,
  largeBinary: 19,
  largeUtf8: 20,
  largeList: 21,
  runs: 22,
  binaryView: 23,
  utf8View: 24,
  listView: 25,
  largeListView: 26,
} as const;

/** What the kinds of types have beside their number. */
export interface Details {
  readonly typeId: number;
  readonly bitWidth: number;
  readonly signed: boolean;
  readonly precision: number;
  readonly scale: number;
  readonly unit: number;
  readonly timezone: string | null;
  readonly dictionary: DataType;
  readonly children: readonly { readonly name: string; readonly type: DataType }[];
}
export const detailsOf = (type: DataType): Details => type as unknown as Details;

const lists: ReadonlySet<number> = new Set([
  kind.list,
  kind.largeList,
  kind.fixedList,
  kind.listView,
  kind.largeListView,
]);
const binaries: ReadonlySet<number> = new Set([kind.binary, kind.largeBinary, kind.binaryView, kind.fixedBinary]);

/** The type of a column; undefined for what is left out (times of day, durations, unions), "null" where there are no values. */
export function typeOf(type: DataType): Type | "null" | undefined {
  const { typeId, bitWidth, signed, precision, scale, timezone, dictionary, children } = detailsOf(type);
  switch (typeId) {
    case kind.null:
      return "null";
    case kind.dictionary:
      return typeOf(dictionary);
    case kind.runs:
      return typeOf(children[1]!.type);
    case kind.int:
      return bitWidth === 64 && !signed ? { kind: "decimal", precision: 20, scale: 0 } : int64;
    case kind.float:
      return real;
    case kind.decimal:
      // A negative scale counts zeros before the point.
      return { kind: "decimal", precision: precision + Math.max(0, -scale), scale: Math.max(0, scale) };
    case kind.bool:
      return bool;
    case kind.date:
      return date;
    case kind.timestamp:
      return { kind: "timestamp", utc: Boolean(timezone) };
    case kind.utf8:
    case kind.largeUtf8:
    case kind.utf8View:
    case kind.map:
    case kind.struct:
      return text;
    default:
      if (binaries.has(typeId)) return text;
      if (!lists.has(typeId)) return undefined;
      return isNumber(children[0]!.type) ? { kind: "list", of: real } : text;
  }
}

const isNumber = (type: DataType): boolean => {
  const { typeId } = detailsOf(type);
  return typeId === kind.int || typeId === kind.float || typeId === kind.decimal || typeId === kind.null;
};

type Spell = (value: unknown) => string | null;

/** A value of flechette in the one spelling that a database reads without doubt. */
export function spellingOf(type: DataType): Spell {
  const { typeId, scale, unit, timezone, dictionary, children } = detailsOf(type);
  switch (typeId) {
    case kind.dictionary:
      return orNull(spellingOf(dictionary));
    case kind.runs:
      return orNull(spellingOf(children[1]!.type));
    case kind.float:
      return orNull((value) => (Number.isNaN(value) ? null : Object.is(value, -0) ? "-0" : String(value)));
    case kind.decimal:
      return orNull((value) => decimalText(BigInt(value as bigint | number), scale));
    case kind.date:
      return orNull((value) => dayText(Math.floor(Number(value) / 86_400_000)));
    case kind.timestamp: {
      const zone = timezone ? "+00" : "";
      return orNull((value) => microsText(microsOf(BigInt(value as bigint), unit)) + zone);
    }
    default:
      if (binaries.has(typeId)) return orNull((value) => bytesText(value as Uint8Array));
      if (lists.has(typeId) || typeId === kind.struct || typeId === kind.map) return orNull(jsonOf(type));
      return orNull(String);
  }
}

const orNull =
  (spell: Spell): Spell =>
  (value) =>
    value === null || value === undefined ? null : spell(value);

/** Units of the format: seconds, milliseconds, microseconds, nanoseconds. */
function microsOf(value: bigint, unit: number): bigint {
  if (unit < 3) return value * [1_000_000n, 1000n, 1n][unit]!;
  const rest = ((value % 1000n) + 1000n) % 1000n;
  return (value - rest) / 1000n;
}

function decimalText(value: bigint, scale: number): string {
  if (scale <= 0) return String(value * 10n ** BigInt(-scale));
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

const bytesText = (bytes: Uint8Array): string =>
  isUtf8(bytes) ? Buffer.from(bytes).toString() : `\\x${Buffer.from(bytes).toString("hex")}`;

/** Values inside of others, as JSON. */
function jsonOf(type: DataType): (value: unknown) => string {
  const { typeId, children, dictionary } = detailsOf(type);
  if (typeId === kind.dictionary) return jsonOf(dictionary);
  if (typeId === kind.runs) return jsonOf(children[1]!.type);
  const listed = (items: Iterable<unknown>, item: (value: unknown) => string): string =>
    `[${Array.from(items, (one) => (one === null || one === undefined ? "null" : item(one))).join(",")}]`;
  if (lists.has(typeId)) {
    const item = jsonOf(children[0]!.type);
    return (value) => listed(value as Iterable<unknown>, item);
  }
  if (typeId === kind.map) {
    const [key, value] = detailsOf(children[0]!.type).children.map(({ type }) => jsonOf(type));
    return (pairs) =>
      listed(pairs as Iterable<unknown>, (pair) => {
        const [k, v] = pair as [unknown, unknown];
        return `[${key!(k)},${v === null ? "null" : value!(v)}]`;
      });
  }
  if (typeId === kind.struct) {
    const fields = children.map(({ name, type }) => [name, jsonOf(type)] as const);
    return (value) =>
      `{${fields
        .map(([name, field]) => {
          const one = (value as { [name: string]: unknown })[name];
          return `${JSON.stringify(name)}:${one === null || one === undefined ? "null" : field(one)}`;
        })
        .join(",")}}`;
  }
  const spell = spellingOf(type);
  if (isNumber(type) || typeId === kind.bool) return (value) => spell(value) ?? "null";
  return (value) => JSON.stringify(spell(value));
}
