import { closing } from "./tokens.js";

/** The parts between top-level commas: 'log(a), onehot(b), "a, b"' has three. */
export function parseList(text: string): string[] {
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === "'" || c === '"') {
      const end = closing(text, i);
      if (end > 0) i = end;
    } else if (c === "(" || c === "[") depth++;
    else if (c === ")" || c === "]") depth--;
    else if (c === "," && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

export interface ParsedCall {
  readonly name: string;
  readonly args: readonly string[];
  readonly named: Readonly<Record<string, string>>;
}

/** `bucketise(x, bins=10)` as its name, arguments and named arguments; nothing where the text is no single call. */
export function parseCall(text: string): ParsedCall | undefined {
  const trimmed = text.trim();
  const [opening, name] = /^([A-Za-z_]\w*)\s*\(/.exec(trimmed) ?? [];
  if (opening === undefined || name === undefined || endOfGroup(trimmed, opening.length - 1) !== trimmed.length - 1)
    return undefined;
  const args: string[] = [];
  const named: Record<string, string> = {};
  for (const part of parseList(trimmed.slice(opening.length, -1))) {
    const [, key, value] = /^([A-Za-z_]\w*)\s*=(?!=)\s*(.+)$/s.exec(part) ?? [];
    if (key !== undefined && value !== undefined) named[key] = value;
    else args.push(part);
  }
  return { name, args, named };
}

/** Where the parenthesis that opens at `at` closes. */
function endOfGroup(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const c = text[i]!;
    if (c === "'" || c === '"') {
      const end = closing(text, i);
      if (end < 0) return -1;
      i = end;
    } else if (c === "(") depth++;
    else if (c === ")" && --depth === 0) return i;
  }
  return -1;
}
