import type { Term } from "../dialect.js";
import { literal, long, text } from "./literals.js";
import { asLong, once } from "./terms.js";

const ascii = (x: string, plain: string, other: string): string =>
  `CASE WHEN octet_length(${x}) = char_length(${x}) THEN ${plain} ELSE ${other} END`;

/** Java's lower case depends on what stands beside a letter for two of them. */
export const lower = (sql: string): string =>
  once(sql, (x) => ascii(x, `lower(${x})`, `lower(translate(${x}, 'İΣ', 'iσ'))`));

/** Letters whose capital form is several letters stay, and are taken aside as code points that are no characters. */
export const upper = (sql: string): string =>
  once(sql, (x) => {
    const { letters, aside, back } = several();
    return ascii(
      x,
      `upper(${x})`,
      `translate(upper(translate(${x}, '${letters}', '${aside}')), '${aside}', '${back}')`,
    );
  });

let found: { letters: string; aside: string; back: string } | undefined;
function several() {
  if (found) return found;
  const letters: string[] = [];
  for (let code = 0x80; code < 0x20000; code++) {
    if (code >= 0xd800 && code < 0xe000) continue;
    const letter = String.fromCodePoint(code);
    if ([...letter.toUpperCase()].length > 1) letters.push(letter);
  }
  // The last private plane: nobody's text has letters there.
  const aside = letters.map((_, i) => String.fromCodePoint(0x10_ff00 + i)).join("");
  found = {
    letters: letters.join(""),
    aside,
    back: letters.map((letter) => (letter === "ß" ? "ẞ" : letter)).join(""),
  };
  return found;
}

/** Longer than any text, and twice it is still an INT. */
const far = 1_000_000_000;
const bounded = (term: Term, low: string): string => {
  const x = asLong(term);
  return `CAST(CASE WHEN ${x} < ${low} THEN ${low} WHEN ${x} > ${long(far)} THEN ${long(far)} ELSE ${x} END AS INT)`;
};

/** Spark counts from places before the text too, and takes 0 for 1. */
export function substring(a: Term, start: Term, count?: Term): string {
  const length = count === undefined ? String(far) : (wholeOf(count, 0) ?? bounded(count, "0L"));
  const first = start.expr.kind === "lit" ? start.expr.value : undefined;
  if (typeof first === "number" && first > 0) return `substring(${a.sql}, ${Math.min(first, far)}, ${length})`;
  return once(a.sql, (x) => {
    const from = bounded(start, `(-CAST(char_length(${x}) AS BIGINT))`);
    return `substring(${x}, ${from}, CASE WHEN ${asLong(start)} = 0L AND ${length} > 0 THEN ${length} - 1 ELSE ${length} END)`;
  });
}

const wholeOf = ({ expr }: Term, low: number): string | undefined =>
  expr.kind === "lit" && (typeof expr.value === "number" || typeof expr.value === "bigint")
    ? String(Math.min(far, Math.max(low, Number(expr.value))))
    : undefined;

/** A pattern has % and _; Spark's backslash stands for itself when it is doubled. */
export const pattern = ({ sql, expr }: Term): string =>
  expr.kind === "lit" && typeof expr.value === "string"
    ? text(expr.value.replaceAll("\\", "\\\\"))
    : `replace(${sql}, '\\\\', '\\\\\\\\')`;

const hex = (digits: string): string => `CAST(conv(${digits}, 16, 10) AS BIGINT)`;

export function hash32(a: Term, seed: Term): string {
  const prefix =
    seed.expr.kind === "lit" && seed.expr.value !== null
      ? literal(`${seed.expr.value}:`)
      : `CAST(${asLong(seed)} AS STRING), ':'`;
  return hex(`substring(md5(concat(${prefix}, ${a.sql})), 1, 8)`);
}

/**
 * An INT: pages take it as it is. The bytes come lowest first: eight digits read backwards have them so, each with its two
 * digits the wrong way around. (Named twice, but computed once in a list of columns; letters moved by translate take twice the time.)
 */
export function hash31({ sql }: Term): string {
  const digits = hex(`reverse(substring(md5(${sql}), 1, 8))`);
  return `CAST(shiftleft(${digits} & 118427407L, 4) | (shiftright(${digits}, 4) & 252645135L) AS INT)`;
}
