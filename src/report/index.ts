export type { ReportColumn, ReportComparison, ReportInput, ReportSlice } from "./input.js";
export { renderReport } from "./render.js";
