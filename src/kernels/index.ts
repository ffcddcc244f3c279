import { readFileSync } from "node:fs";
import type { Arena } from "../pages/arena.js";

type Kernel = (...args: readonly number[]) => void;
type Asking = (...args: readonly number[]) => number;

/** Inner loops over the arena's memory. Pointers are byte offsets; what each argument means stands in the `.assembly.ts` files. */
export interface Kernels {
  // tile
  readonly takeRows: Asking;
  readonly packTile: Kernel;
  readonly packColumn: Kernel;
  readonly packOnes: Kernel;
  readonly scaleTile: Kernel;
  readonly rootsOf: Asking;
  // gram
  readonly gramTile: Kernel;
  // linear
  readonly forward: Kernel;
  readonly backward: Kernel;
  // links
  readonly logisticLink: Kernel;
  readonly squaredLink: Kernel;
  readonly softmaxLink: Kernel;
  readonly productOf: Kernel;
  // levels
  readonly addLevels: Kernel;
  readonly sumLevels: Kernel;
  readonly weighLevels: Kernel;
  readonly crossColumns: Kernel;
  readonly crossLevels: Kernel;
  // moments
  readonly momentsOfColumns: Kernel;
  readonly momentsOfLabel: Kernel;
  readonly weighClasses: Kernel;
  // scores
  readonly scoreColumns: Kernel;
  // tree-scores
  readonly placeColumn: Kernel;
  readonly placeCodes: Kernel;
  readonly addLeaves: Kernel;
  // slots
  readonly visitRows: Asking;
  readonly slotsOfCodes: Kernel;
  readonly slotsOfPairs: Kernel;
  readonly slotsOfLevels: Kernel;
  readonly slotsOfNumbers: Kernel;
  readonly slotsOfTerms: Kernel;
  readonly slotsOfNothing: Kernel;
  readonly factorsOfDocuments: Kernel;
  readonly weighSlots: Kernel;
  readonly gatherDoubles: Kernel;
  // terms
  readonly termCodes: Asking;
  // ftrl
  readonly ftrlRows: Kernel;
  readonly ftrlClasses: Kernel;
  readonly ftrlWeights: Kernel;
  // bins
  readonly binColumn: Kernel;
  readonly binCodes: Kernel;
  readonly binCodesWide: Kernel;
  readonly gather: Kernel;
  readonly gatherPairs: Kernel;
  // histogram
  readonly histogram: Kernel;
  readonly flushHistogram: Kernel;
  // trees
  readonly partition: Asking;
  readonly addLeaf: Kernel;
  readonly addTree: Kernel;
  // boosting
  readonly gradients: Kernel;
  readonly losses: Asking;
  // sampling
  readonly extent: Kernel;
  readonly quantise: Kernel;
  readonly magnitudes: Kernel;
  readonly draw: Asking;
  readonly uniform: Asking;
}

let compiled: WebAssembly.Module | undefined;

/** The kernels bound to an arena's memory: compiled once per thread, instantiated once per arena. */
export function kernelsOf(arena: Arena): Kernels {
  return arena.kernels((memory) => {
    compiled ??= new WebAssembly.Module(readFileSync(new URL("./kernels.wasm", import.meta.url)));
    const abort = (): never => {
      throw new Error("a kernel stopped");
    };
    return new WebAssembly.Instance(compiled, { env: { memory, abort } }).exports as unknown as Kernels;
  });
}
