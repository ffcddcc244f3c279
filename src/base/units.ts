import { SluiceError } from "./errors.js";

const units: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** "512MB" is 512 * 10^6 bytes and "512MiB" 512 * 2^20. */
export function parseBytes(text: string): number {
  const [, number, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const factor = unit === undefined ? undefined : units[unit.toLowerCase()];
  if (number === undefined || factor === undefined)
    throw new SluiceError("usage", `"${text}" is not a size; write it like 512MB (10^6) or 2GiB (2^30)`, {
      value: text,
    });
  return Math.floor(Number(number) * factor);
}

/** "1%" and "0.01" are both one in a hundred. */
export function parseShare(text: string): number {
  const share = text.trim().endsWith("%") ? Number(text.trim().slice(0, -1)) / 100 : Number(text);
  if (!(share > 0 && share <= 1))
    throw new SluiceError("usage", `"${text}" is not a share; write it like 1% or 0.01, above 0 and at most 1`, {
      value: text,
    });
  return share;
}

export function formatBytes(bytes: number): string {
  for (const [unit, size] of [
    ["TB", 1e12],
    ["GB", 1e9],
    ["MB", 1e6],
    ["kB", 1e3],
  ] as const)
    if (bytes >= size) return `${(bytes / size).toFixed(bytes / size >= 100 ? 0 : bytes / size >= 10 ? 1 : 2)} ${unit}`;
  return `${bytes} B`;
}

export function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 5400) return `${(seconds / 60).toFixed(1)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

export const formatCount = (count: number): string => count.toLocaleString("en-US");
