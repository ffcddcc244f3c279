import { nearest, SluiceError } from "../../base/errors.js";
import type { Block } from "../../features/contract.js";
import type { Task } from "../contract.js";

function blockNamed(name: string, blocks: readonly Block[], parameter: string): number {
  const at = blocks.findIndex((block) => block.name === name);
  if (at >= 0) return at;
  const names = blocks.map((block) => block.name);
  const near = nearest(name, names);
  throw new SluiceError(
    "bad_parameter",
    `${parameter} names "${name}", which is no feature here${near ? `; did you mean "${near}"?` : ""} There are ${names.join(", ")}`,
    { parameter, value: name, available: names },
  );
}

/** "age:+, price:-" as 1, -1 and 0, by block. */
export function monotoneOf(text: string, blocks: readonly Block[], task: Task): (-1 | 0 | 1)[] {
  if (task === "multiclass" && text.trim() !== "")
    throw new SluiceError(
      "bad_parameter",
      "monotone: of three and more classes none can be held to rise, since its share also depends on what the others do; leave monotone out, or learn one class against the rest with a label like \"class = 'a'\"",
      { parameter: "monotone", value: text },
    );
  const out = blocks.map((): -1 | 0 | 1 => 0);
  for (const part of text.split(",").map((piece) => piece.trim())) {
    if (part === "") continue;
    const [, name, sign] = /^(.*\S)\s*:\s*([+-]1?)$/.exec(part) ?? [];
    if (name === undefined)
      throw new SluiceError("bad_parameter", `monotone: "${part}" must be NAME:+ or NAME:-`, {
        parameter: "monotone",
        value: part,
      });
    const at = blockNamed(name, blocks, "monotone");
    if (blocks[at]!.kind !== "number")
      throw new SluiceError(
        "bad_parameter",
        `monotone: "${name}" is a category, and its levels have no order along which an effect could rise or fall; give it as a number (for instance ordinal(${name})) or leave it out`,
        { parameter: "monotone", value: name },
      );
    out[at] = sign!.startsWith("+") ? 1 : -1;
  }
  return out;
}

/** "a b; c d" as groups of blocks; names with blanks stand in double quotes. */
export function interactionsOf(text: string, blocks: readonly Block[]): { interactions?: number[][] } {
  const groups = text
    .split(";")
    .map((group) => [...group.matchAll(/"([^"]+)"|([^\s,]+)/g)].map((match) => match[1] ?? match[2]!))
    .filter((group) => group.length > 0)
    .map((group) => group.map((name) => blockNamed(name, blocks, "interactions")));
  return groups.length > 0 ? { interactions: groups } : {};
}
