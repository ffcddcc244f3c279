import { SluiceError } from "../base/errors.js";

export interface Token {
  readonly kind: "number" | "text" | "name" | "quoted" | "sign" | "end";
  /** The name or text without its quotes, the sign or number as written. */
  readonly text: string;
  readonly at: number;
}

const blank = /[ \t\r\n\u00a0]+|--[^\n]*/y;
const number = /(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const name = /[\p{L}_][\p{L}\p{N}_]*/uy;
const sign = /::|\/\/|\|\||<>|!=|<=|>=|==|[-+*/%(),<>=[\]]/y;

/** The words, numbers and signs of a formula. */
export function tokens(text: string): Token[] {
  const out: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    const skipped = match(blank);
    if (skipped) {
      at += skipped.length;
      continue;
    }
    const c = text[at]!;
    if (c === "'" || c === '"' || c === "`") {
      const end = closing(text, at);
      if (end < 0) throw badFormula(text, at, `this ${c === "'" ? "text" : "column name"} has no closing ${c}`);
      out.push({ kind: c === "'" ? "text" : "quoted", text: text.slice(at + 1, end).replaceAll(c + c, c), at });
      at = end + 1;
      continue;
    }
    const found = (
      [
        ["number", match(number)],
        ["name", match(name)],
        ["sign", match(sign)],
      ] as const
    ).find(([, part]) => part !== undefined);
    if (!found) throw badFormula(text, at, `"${String.fromCodePoint(text.codePointAt(at)!)}" has no meaning here`);
    const [kind, part] = found;
    out.push({ kind, text: part!, at });
    at += part!.length;
  }
  out.push({ kind: "end", text: "", at: text.length });
  return out;
}

/** Where the quoted part that begins at `at` ends; a doubled quote stands for one. */
export function closing(text: string, at: number): number {
  const quote = text[at]!;
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] !== quote) continue;
    if (text[i + 1] !== quote) return i;
    i++;
  }
  return -1;
}

/** A syntax error with a caret under the place. */
export function badFormula(text: string, at: number, problem: string): SluiceError<"bad_formula"> {
  const lineStart = text.lastIndexOf("\n", at - 1) + 1;
  const lineEnd = text.indexOf("\n", at);
  const from = Math.max(lineStart, at - 60);
  const line = text.slice(from, Math.min(lineEnd < 0 ? text.length : lineEnd, at + 40));
  return new SluiceError("bad_formula", `${problem}:\n  ${line}\n  ${" ".repeat(at - from)}^`, {
    formula: text,
    position: at,
  });
}
