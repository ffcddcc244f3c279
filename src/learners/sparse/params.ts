import { SluiceError } from "../../base/errors.js";
import { choice, integer, real, textParam } from "../../base/params.js";
import type { PageLayout } from "../../pages/page.js";
import { lanesOf } from "../passes/ftrl.js";

export const sparseParams = {
  bits: integer(
    8,
    26,
    22,
    "2 to this power slots for the weights of hashed features; more make fewer values share one",
  ),
  interactions: textParam("", 'pairs of hashed features that get weights too, like "site * ad, site * hour", or all'),
  passes: integer(
    0,
    1000,
    0,
    "walks over the training rows; 0 takes one for a million rows and more, up to 20 for few",
  ),
  rate: real(1e-6, 100, 0.1, "FTRL's alpha: how far a weight moves at first"),
  beta: real(0, 1e6, 1, "FTRL's beta: the larger, the more rows a weight takes to settle"),
  l1: real(0, 1e6, 0.5, "weights that the rows do not pull this far stay 0"),
  l2: real(0, 1e6, 0, "draws weights towards 0"),
  numbers: choice(["log", "plain"], "log", "numbers as sign(x) log(1 + |x|), or as they are"),
  shards: integer(
    1,
    64,
    1,
    "parts of the pages that learn apart and are averaged at the end; more use more threads and learn a little less",
  ),
} as const;

export type SparseGiven = { readonly [K in Exclude<keyof typeof sparseParams, "interactions" | "numbers">]: number } & {
  readonly interactions: string;
  readonly numbers: "log" | "plain";
};

/** Enough visits to learn from: a million rows are walked over once. */
export const passesFor = (asked: number, rows: number): number =>
  asked > 0 ? asked : Math.max(1, Math.min(20, Math.ceil(1_000_000 / Math.max(1, rows))));

/** While it learns, two floats a slot, shard and output; at the end one float a slot and output more. */
export const memoryFor = ({ bits, shards }: { bits: number; shards: number }, outputs: number): number =>
  2 ** bits * (8 * shards * lanesOf(outputs) + 4 * outputs);

const mostPairs = 2000;

export function pairsOf(text: string, { columns }: PageLayout): (readonly [string, string])[] {
  const names = columns.flatMap(({ kind, name }) => (kind === "hashed" ? [name] : []));
  if (text.trim() === "") return [];
  const pairs =
    text.trim() === "all"
      ? names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b] as const))
      : text.split(",").map((part) => {
          const [a = "", b = "", ...more] = part.split("*").map((name) => name.trim());
          const unknown = [a, b].find((name) => !names.includes(name));
          if (more.length > 0 || unknown !== undefined)
            throw new SluiceError(
              "bad_parameter",
              `interactions: "${part.trim()}" is no pair of hashed features; write it like "a * b" with a and b of ${names.slice(0, 30).join(", ") || "none"}`,
              { parameter: "interactions", value: text },
            );
          return [a, b] as const;
        });
  if (pairs.length > mostPairs)
    throw new SluiceError(
      "bad_parameter",
      `interactions: all makes ${pairs.length} pairs of ${names.length} hashed features; at most ${mostPairs} are learned. Name those that matter`,
      { parameter: "interactions", value: text },
    );
  return pairs;
}
