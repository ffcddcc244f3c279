import { folds, keepers, passes as learnerPasses, scorers } from "../learners/registry.js";
import type { Pass } from "../pages/pass.js";
import { marginCounts } from "../rows/passes/calibrate.js";
import { documents } from "../rows/passes/documents.js";
import { quality } from "../rows/passes/quality.js";
import { slices } from "../rows/passes/slices.js";

// Everything that a worker can be asked for by name.
export { folds, keepers, scorers };
export const passes: Readonly<Record<string, Pass<never>>> = {
  ...learnerPasses,
  [marginCounts.name]: marginCounts as Pass<never>,
  [quality.name]: quality as Pass<never>,
  [documents.name]: documents as Pass<never>,
  [slices.name]: slices as Pass<never>,
};
