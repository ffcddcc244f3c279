import { SluiceError } from "../../base/errors.js";
import { choice, integer, real, textParam } from "../../base/params.js";
import type { Block } from "../../features/contract.js";
import type { PageLayout } from "../../pages/page.js";
import { lanesOf, mixedPages } from "../passes/ftrl.js";

export const sparseParams = {
  bits: integer(
    0,
    26,
    0,
    "2 to this power slots for the weights of hashed features; more make fewer values share one. 0 takes 22, and one less for each doubling of more than two classes",
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

/** Many classes share the memory that one output has. */
export const bitsFor = (asked: number, outputs: number): number =>
  asked > 0 ? asked : Math.max(8, 22 - Math.round(Math.log2(Math.max(1, outputs))));

/**
 * While it learns, two floats a slot, shard and output, and one float a slot and output more when weights are read from them; later, when
 * all that is gone, a float a slot and output on each thread that scores.
 */
export function memoryFor(
  { bits, shards }: { readonly bits: number; readonly shards: number },
  outputs: number,
  blocks?: readonly Block[],
  threads = 1,
): number {
  const hashed = blocks?.every(({ kind }) => kind !== "hashed") ? 0 : 2 ** bitsFor(bits, outputs);
  const texts = (blocks ?? []).flatMap((block) => (block.kind === "text" ? [2 ** block.terms.bits] : []));
  const slots = texts.reduce((sum, size) => sum + size, hashed);
  const counts = texts.reduce((sum, size) => sum + 16 * size, shards * mixedPages * pageBytes);
  return slots * Math.max(8 * shards * lanesOf(outputs) + 4 * outputs, 4 * outputs * threads) + counts;
}

/** A shard's copy of a page, however many columns it has. */
const pageBytes = 4.5e6;

/**
 * A text of norm l2 is learned from as ten units long, like a hundred categories: its words move as fast as categories do under the same
 * rate and l1. 20 newsgroups by tf-idf, accuracy after 1 and 20 walks: unit 1 0.722 and 0.842, 3 0.814 and 0.856, 10 0.851 and 0.855,
 * 30 0.817 and 0.828.
 */
export const textUnit = 10;

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
