export { columnsNamed, type HomeColumns, homeColumns } from "./home/columns.js";
export { type Rater, raterOf } from "./home/factors.js";
export { home, homeNames } from "./home/home.js";
export { marginsOf, type Outputs, outputsOf, type Predictor } from "./home/outputs.js";
export type { TreeReading } from "./home/read-trees.js";
export type { HomeFactors, HomeModel } from "./home/state.js";
