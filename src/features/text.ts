import type { Of } from "../base/params.js";
import { choice, flag, integer, real } from "../base/params.js";
import { call, type Expr, lit } from "../expr/expr.js";
import type { CountTable } from "../expr/slots.js";
import { type Block, defineFeature } from "./contract.js";

const inputs = { min: 1, max: 1, types: ["text"] } as const;

/** Words of a text that count; with pairs and triples of them a row has at most 30,000 terms. */
const mostWords = 10_000;

const params = {
  ngrams: integer(1, 3, 1, "terms are words and runs of up to so many neighbouring words"),
  bits: integer(8, 22, 18, "terms share 2 to this power slots by their hash; more make fewer of them share one"),
  count: choice(["log", "count", "binary"], "log", "a word that is there n times counts 1 + ln(n), n, or 1"),
  norm: choice(["l2", "none"], "l2", "l2: a long text weighs as much as a short one"),
  signed: flag(
    false,
    "terms count for or against their slot by a bit of their hash, so that those who share one do not add up",
  ),
  words: integer(1, mostWords, mostWords, "words of a text that count, from its beginning"),
} as const;

function blockOf(
  name: string,
  of: Expr,
  { ngrams, words, bits, signed, count, norm }: Of<typeof params>,
  documents?: { rows: number; counts: CountTable; least: number; most: number },
): Block {
  const codes = call("termCodes", call("lower", of), lit(ngrams), lit(words));
  return {
    kind: "text",
    name,
    expr: of,
    codes,
    terms: { bits, signed, count, norm, ...(documents ? { documents } : {}) },
  };
}

/** A text as its words. */
export const text = defineFeature({
  name: "text",
  doc: "The words of a text, in small letters, each with a weight by its hash: no list of words to keep. Words are runs of two or more letters, digits and marks. A missing text has no words. For sparseLogistic and sparseLinear.",
  params,
  inputs,
  questions: () => [],
  fit: () => ({}),
  blocks: (_, [of], given, name) => [blockOf(name, of!, given)],
});

/** Documents are counted when the rows are encoded. */
interface Counted {
  readonly rows: number;
  readonly documents?: CountTable;
}

/** A text as its words, rare ones more than common ones. */
export const tfidf = defineFeature({
  name: "tfidf",
  doc: "As text, and a word counts ln((1 + n) / (1 + d)) + 1 times more when d of the n training rows have it (Salton and Buckley 1988, smoothed as in scikit-learn). Words that training never saw do not count; a missing text has no words.",
  params: {
    ...params,
    least: integer(1, 1e9, 1, "words in fewer training rows than this do not count"),
    most: real(0, 1, 1, "words in more than this share of the training rows do not count"),
  },
  inputs,
  questions: () => [],
  fit: (): Counted => ({ rows: 0 }),
  blocks: ({ rows, documents }, [of], { least, most, ...given }, name) => [
    blockOf(name, of!, given, documents && { rows, counts: documents, least, most: most * rows }),
  ],
  counted: (_, rows, documents): Counted => ({ rows, documents }),
});
