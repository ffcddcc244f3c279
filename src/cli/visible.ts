import { coloursOf } from "./colours.js";

/** What a terminal would obey instead of showing it: control characters, and marks that turn the direction of writing around. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
/** The colours that we write ourselves. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: see above
const ours = /(\u001b\[(?:2|22|31|32|36|39)m)/;

/** Text of other people (names, values, messages) as a terminal may have it: what it would obey is written out, as `\x1b`. */
export function visible(text: string, stream: { readonly isTTY?: boolean } = process.stdout): string {
  const parts = coloursOf(stream).isColorSupported ? text.split(ours) : [text];
  return parts.map((part, i) => (i % 2 === 1 ? part : part.replaceAll(obeyed, written))).join("");
}

function written(char: string): string {
  const code = char.charCodeAt(0).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`;
}
