import type { Block } from "../../features/contract.js";
import type { Gain } from "../contract.js";
import type { TreesState } from "./tree.js";

/** Gains of all splits by the feature that they ask, largest first; a feature that no split asks has none. */
export function treesImportance({ trees }: TreesState, blocks: readonly Block[]): Gain[] {
  const gains = blocks.map(({ name }) => ({ feature: name, gain: 0, splits: 0 }));
  for (const { feature, gain } of trees)
    feature.forEach((asked, node) => {
      gains[asked]!.gain += gain[node]!;
      gains[asked]!.splits++;
    });
  return gains.sort((a, b) => b.gain - a.gain);
}
