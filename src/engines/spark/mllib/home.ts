export { columnsNamed, type HomeColumns, homeColumns } from "./home/columns.js";
export { home } from "./home/home.js";
export { marginsOf, type Outputs, outputsOf, type Predictor } from "./home/outputs.js";
export type { TreeReading } from "./home/read-trees.js";
export type { HomeModel } from "./home/state.js";
