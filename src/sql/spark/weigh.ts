import { SluiceError } from "../../base/errors.js";
import { countSlots, eachSlot, type SlotTable } from "../../expr/slots.js";
import type { Term } from "../dialect.js";
import { double, text } from "./literals.js";

// Measured on 1 M rows of 10 slots of whole numbers: 1,000 weights take 3 s of CPU, 100,000 of 2^20 slots 8 s (4 MB of SQL); a text
// that is hashed takes 2 us more for each slot.
const largest = 100_000;
const block = 256;

/** The sum over a table that stands in the SQL as lists of a few hundred values each, in the order of the slots. */
export function weigh(table: SlotTable, slots: readonly Term[]): string {
  const count = countSlots(table);
  if (count > largest)
    throw new SluiceError(
      "wrong_type",
      `a table of ${count} hashed weights does not fit into one query for Spark, which takes ${largest}; score on this machine, or train with fewer hash bits or more --l1`,
      { weights: count, largest },
    );
  if (count === 0 || slots.length === 0) return double(0);
  const blocks: (string | undefined)[][] = [];
  eachSlot(table, (slot, value) => {
    const at = Math.floor(slot / block);
    while (blocks.length <= at) blocks.push([]);
    const values = blocks[at]!;
    while (values.length < slot % block) values.push(undefined);
    values.push(Object.is(value, -0) ? "-0.0" : Number.isFinite(value) ? String(value) : `"${value}"`);
  });
  const json = blocks.map((values) =>
    values.length === 0 ? "null" : `[${values.map((one) => one ?? "0").join(",")}]`,
  );
  const lists = `from_json(${text(`[${json.join(",")}]`)}, 'array<array<DOUBLE>>')`;
  const places = slots.map(({ sql }) => `CAST(${sql} AS INT)`).join(", ");
  return `aggregate(array(${places}), 0D, (sum, slot) -> sum + coalesce(get(get(${lists}, shiftright(slot, 8)), slot & 255), 0D))`;
}
