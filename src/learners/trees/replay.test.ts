import { describe, expect, test } from "vitest";
import { type Candidate, replay } from "./replay.js";
import type { Split } from "./split-contract.js";

interface Named extends Candidate<Named> {
  readonly name: string;
}

const node = (name: string, gain: number, children?: readonly [Named, Named]): Named => ({
  name,
  ...(gain > 0 ? { split: { gain } as Split } : {}),
  ...(children ? { children } : {}),
});

const names = (nodes: readonly Named[]) => nodes.map(({ name }) => name).join(" ");

describe("replay", () => {
  const tree = node("root", 9, [
    node("a", 5, [node("aa", 7), node("ab", 0)]),
    node("b", 6, [node("ba", 3, [node("baa", 2), node("bab", 1)]), node("bb", 3)]),
  ]);

  test("commits what is known in the order of gains and goes on behind what is not", () => {
    const { committed, waiting } = replay(tree, 20);
    expect(names(committed)).toBe("root b a");
    // ba and bb gain the same, and ba came first.
    expect(names(waiting)).toBe("aa bb baa bab");
  });

  test("stops at the number of splits and knows the last one", () => {
    const { committed, waiting, last } = replay(tree, 4);
    expect(names(committed)).toBe("root b a");
    expect(names(waiting)).toBe("aa");
    expect(last(waiting[0]!)).toBe(true);
    expect(replay(tree, 3).waiting).toEqual([]);
    expect(replay(tree, 0).committed).toEqual([]);
  });
});
