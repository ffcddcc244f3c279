import { createHash } from "node:crypto";
import type { Value } from "../../base/schema.js";
import { parseTimestamp, printDate, printTimestamp } from "../time.js";
import { md5BlockBytes, md5Start } from "./md5.js";
import { int64Of, type Num } from "./numbers.js";

const trimmed = (text: string): string => text.replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, "");

export function realOfText(text: string): number | null {
  const word = trimmed(text);
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word)) return Number(word);
  const [, sign, name] = /^([+-]?)(nan|inf|infinity)$/i.exec(word) ?? [];
  if (name === undefined) return null;
  return name.toLowerCase() === "nan" ? Number.NaN : sign === "-" ? -Infinity : Infinity;
}

export function intOfText(text: string): Num | null {
  const word = trimmed(text);
  return /^[+-]?\d+$/.test(word) ? int64Of(BigInt(word.replace("+", ""))) : null;
}

const words: Readonly<Record<string, boolean>> = {
  true: true,
  t: true,
  yes: true,
  y: true,
  1: true,
  false: false,
  f: false,
  no: false,
  n: false,
  0: false,
};
export const boolOfText = (text: string): boolean | null => words[trimmed(text).toLowerCase()] ?? null;

/** The fewest digits that read back, with an exponent below 1e-4 and from 1e16 on. */
export function textOfReal(a: number): string {
  if (!Number.isFinite(a)) return Number.isNaN(a) ? "nan" : a > 0 ? "inf" : "-inf";
  const size = Math.abs(a);
  if (size === 0) return "0";
  if (size < 1e16 && size >= 1e-4) return String(a);
  return a.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

export function textOf(value: Value): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return textOfReal(value);
  if (typeof value === "object" && value !== null) {
    if ("days" in value) return printDate((value as { days: number }).days);
    if ("micros" in value) return printTimestamp((value as { micros: bigint }).micros);
    throw new Error("bytes and lists have no text");
  }
  return String(value);
}

export const daysOfText = (text: string): number | null => parseTimestamp(text)?.days ?? null;
export const microsOfText = (text: string): bigint | null => parseTimestamp(text)?.micros ?? null;

/** Letter by letter, as engines do it: what would become several letters stays. */
const letters =
  (map: (letter: string) => string, exceptions: Readonly<Record<string, string>>) =>
  (text: string): string => {
    if (/^\p{ASCII}*$/u.test(text)) return map(text);
    let out = "";
    for (const letter of text) {
      const mapped = exceptions[letter] ?? map(letter);
      out += [...mapped].length === 1 ? mapped : letter;
    }
    return out;
  };
export const lower = letters((text) => text.toLowerCase(), { "\u0130": "i" });
export const upper = letters((text) => text.toUpperCase(), { "\u00df": "\u1e9e" });

export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i + 1 < text.length; i++) {
    const [high, low] = [text.charCodeAt(i), text.charCodeAt(i + 1)];
    if (high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 && low < 0xe000) count--;
  }
  return count;
}

/** Position 1 is the first code point, -1 the last; before the first there is nothing. */
export function substring(text: string, start: number, count: number): string {
  const points = [...text];
  const from = start > 0 ? start - 1 : start < 0 ? Math.max(0, points.length + start) : -1;
  return points.slice(Math.max(0, from), Math.max(0, from + Math.max(0, count))).join("");
}

/** A LIKE pattern as a test. */
export function pattern(like: string): (text: string) => boolean {
  const source = [...like]
    .map((c) => (c === "%" ? "[^]*" : c === "_" ? "[^]" : c.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")))
    .join("");
  const regex = new RegExp(`^${source}$`, "u");
  return (text) => regex.test(text);
}

/** The code of a hashed category; `md5_number` gives the same in DuckDB. */
export function hash31(text: string): number {
  const length = writeShort(text);
  if (length > md5BlockBytes) return createHash("md5").update(text).digest().readUInt32LE(0) & 0x7fffffff;
  return md5Start(short, length) & 0x7fffffff;
}
const encoder = new TextEncoder();
const short = new Uint8Array(64);

/** The text's bytes in `short`, and how many they are; more than fit a block when they are too many. */
function writeShort(text: string): number {
  if (text.length > md5BlockBytes) return text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 127) {
      const { read, written } = encoder.encodeInto(text, short);
      return read < text.length ? 64 : written;
    }
    short[i] = unit;
  }
  return text.length;
}

export const hash32 = (text: string, seed: number): number =>
  createHash("md5").update(`${seed}:${text}`).digest().readUInt32BE(0);
