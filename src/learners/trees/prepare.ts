import type { TrainingData } from "../contract.js";
import { columnSample } from "./column-sample.js";
import { edgesOf } from "./edges.js";
import { type RecordLayout, recordLayout } from "./record.js";

/** Rows that borders of bins come from: 200,000, fewer where there are many columns. A function of the data alone. */
const sampleRows = (numbers: number): number =>
  Math.max(20_000, Math.min(200_000, Math.floor(8e6 / Math.max(1, numbers))));

/** How rows become bins, and the sampled labels, ascending. */
export async function binsOf(
  data: TrainingData,
  most: number,
  seed: number,
): Promise<{ readonly record: RecordLayout; readonly labels: Float64Array }> {
  const numbers = data.layout.columns.filter(({ kind }) => kind === "number").length;
  const share = Math.min(1, sampleRows(numbers) / Math.max(1, data.rows));
  const kept = await data.keep(columnSample, { share, seed });
  const values = async (column: number): Promise<Float64Array> => joined(await kept.ask("values", column));
  const edges: number[][] = [];
  for (let column = 0; column < numbers; column++)
    edges.push(edgesOf(Float32Array.from(await values(column)), most - 2));
  const labels = (await values(numbers)).sort();
  await kept.release();
  return { record: recordLayout(data.blocks, data.layout, edges), labels };
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
