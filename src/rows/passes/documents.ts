import { termColumns } from "../../pages/page.js";
import { definePass } from "../../pages/pass.js";

export interface DocumentsParams {
  /** The columns of terms that are counted. */
  readonly columns: readonly number[];
}

/** How many rows there are, and for each slot of each column how many of them it is in. */
export const documents = definePass<DocumentsParams>({
  name: "documents",
  length: ({ columns }, layout) => 1 + columns.reduce((sum, c) => sum + termColumns(layout)[c]!.width, 0),
  start: ({ columns }, layout) => {
    const widths = termColumns(layout).map(({ width }) => width);
    return ({ rows, weight, terms }, into) => {
      for (let i = 0; i < rows; i++) if (weight[i]! > 0) into[0]!++;
      let first = 1;
      for (const c of columns) {
        const { ends, slots, counts } = terms[c]!;
        for (let i = 0, t = 0; i < rows; i++) {
          const counted = weight[i]! > 0;
          // Terms of opposite sign may leave nothing of each other.
          for (; t < ends[i]!; t++) if (counted && counts[t] !== 0) into[first + slots[t]!]!++;
        }
        first += widths[c]!;
      }
    };
  },
});
