import { hash31 } from "./evaluate/text.js";

// Text as terms: words and runs of neighbouring words, each known by the hash31 of its text. Words are told apart by a table of our own
// and not by Unicode's categories, which grow from version to version: engines and Node would not agree on new letters.

/**
 * Code points between words: ASCII but letters and digits, and punctuation, symbols, pictures, private and unassigned areas beyond it.
 * All others are parts of words, marks over letters included.
 */
export const separators: readonly (readonly [first: number, last: number])[] = [
  [0x00, 0x2f],
  [0x3a, 0x40],
  [0x5b, 0x60],
  [0x7b, 0xa9],
  [0xab, 0xb4],
  [0xb6, 0xb9],
  [0xbb, 0xbf],
  [0xd7, 0xd7],
  [0xf7, 0xf7],
  [0x37e, 0x37e],
  [0x387, 0x387],
  [0x55a, 0x55f],
  [0x589, 0x58a],
  [0x5be, 0x5be],
  [0x5c0, 0x5c0],
  [0x5c3, 0x5c3],
  [0x5c6, 0x5c6],
  [0x5f3, 0x5f4],
  [0x600, 0x60f],
  [0x61b, 0x61f],
  [0x66a, 0x66d],
  [0x6d4, 0x6d4],
  [0x700, 0x70f],
  [0x964, 0x965],
  [0x970, 0x970],
  [0xe3f, 0xe3f],
  [0xe4f, 0xe4f],
  [0xe5a, 0xe5b],
  [0xf01, 0xf17],
  [0x104a, 0x104f],
  [0x10fb, 0x10fb],
  [0x1360, 0x1368],
  [0x1400, 0x1400],
  [0x166d, 0x166e],
  [0x1680, 0x1680],
  [0x17d4, 0x17db],
  [0x1800, 0x180e],
  [0x2000, 0x2bff],
  [0x2e00, 0x2e7f],
  [0x2ff0, 0x3004],
  [0x3008, 0x3020],
  [0x3030, 0x3030],
  [0x303d, 0x303f],
  [0x30a0, 0x30a0],
  [0x30fb, 0x30fb],
  [0x3200, 0x33ff],
  [0xd800, 0xf8ff],
  [0xfd3e, 0xfd3f],
  [0xfe00, 0xfe1f],
  [0xfe30, 0xfe6f],
  [0xfeff, 0xff0f],
  [0xff1a, 0xff20],
  [0xff3b, 0xff40],
  [0xff5b, 0xff65],
  [0xffe0, 0xffff],
  [0x1f000, 0x1faff],
  [0xe0000, 0x10ffff],
];

/** The class of a regular expression that words are made of, in a dialect's way to write a code point. */
export const wordClass = (point: (hex: string) => string): string => {
  const written = (code: number): string => point(code.toString(16).padStart(2, "0"));
  return `[^${separators.map(([first, last]) => `${written(first)}-${written(last)}`).join("")}]`;
};

const words = new RegExp(`${wordClass((hex) => `\\u{${hex}}`)}{2,}`, "gu");

/** The terms of a text: its first `most` words of two code points or more, then their pairs of neighbours, and so on up to `ngrams`. */
export function termsOf(text: string, ngrams: number, most: number): string[] {
  const found: string[] = [];
  words.lastIndex = 0;
  for (let word = most > 0 ? words.exec(text) : null; word; word = found.length < most ? words.exec(text) : null)
    found.push(word[0]);
  const count = found.length;
  for (let n = 2; n <= Math.min(ngrams, count); n++)
    for (let i = 0; i + n <= count; i++) found.push(found.slice(i, i + n).join(" "));
  return ngrams < 1 ? [] : found;
}

let last: { readonly text: string; readonly ngrams: number; readonly most: number; readonly codes: readonly number[] };

/** The operation of this name. A model's outputs ask for the codes of one text in turn: those of the last text are remembered. */
export function termCodes(text: string, ngrams: number, most: number): readonly number[] {
  if (last?.text !== text || last.ngrams !== ngrams || last.most !== most)
    last = { text, ngrams, most, codes: termsOf(text, ngrams, most).map(hash31) };
  return last.codes;
}

/** Codes of one text after the other, faster than by `termCodes`: what it gives holds until the next text. The text is UTF-8. */
export type TermCoder = (text: Uint8Array, ngrams: number, most: number) => Int32Array;

const decoder = new TextDecoder();
export const plainTermCoder: TermCoder = (text, ngrams, most) =>
  Int32Array.from(termsOf(decoder.decode(text), ngrams, most).map(hash31));
