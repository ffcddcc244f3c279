import { eachSlot, type SlotTable } from "../../expr/slots.js";
import type { Term } from "../dialect.js";
import { double } from "./literals.js";

/** The sum over a table as SQL that stands by itself: for reading and for small tables. The engine lends DuckDB a function instead. */
export function weigh(table: SlotTable, slots: readonly Term[]): string {
  const keys: number[] = [];
  const values: string[] = [];
  eachSlot(table, (slot, value) => {
    keys.push(slot);
    values.push(double(value));
  });
  if (keys.length === 0 || slots.length === 0) return double(0);
  const places = slots.map(({ sql }) => `CAST(${sql} AS INTEGER)`).join(", ");
  const map = `map([${keys.join(", ")}], [${values.join(", ")}])`;
  return `list_sum(list_transform([${places}], lambda place: coalesce(${map}[place], ${double(0)})))`;
}
