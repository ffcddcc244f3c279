import { ops } from "../../expr/ops.js";
import {
  bytes,
  type Fields,
  fields,
  finite,
  levels,
  list,
  Misshapen,
  numbers,
  oneOf,
  own,
  truth,
  whole,
  wholes,
  word,
  wrong,
} from "./shape.js";

/** Formulas nest this deeply at most: engines and our own walks stop somewhere above. */
export const deepest = 500;

/** A formula that came from outside: every kind, operation, value and length as the engines take them for granted. */
export function checkExpr(value: unknown, at: string, columns?: ReadonlySet<string>, depth = 0): void {
  const expr = fields(value, at);
  if (depth > deepest) throw new Misshapen(at, `is nested more than ${deepest} levels deep`);
  const inner = (one: unknown, name: string): void => checkExpr(one, `${at}.${name}`, columns, depth + 1);
  const all = (name: string): readonly unknown[] => {
    const items = list(own(expr, name), `${at}.${name}`);
    items.forEach((one, i) => {
      inner(one, `${name}[${i}]`);
    });
    return items;
  };
  const kind = own(expr, "kind");
  switch (kind) {
    case "col": {
      const name = word(own(expr, "name"), `${at}.name`);
      if (columns && !columns.has(name)) wrong(`${at}.name`, name, "one of the model's columns");
      return;
    }
    case "lit":
      checkValue(own(expr, "value"), `${at}.value`);
      return;
    case "rowHash":
      return void whole(own(expr, "seed"), `${at}.seed`, 0, 2 ** 32 - 1);
    case "call": {
      const op = own(expr, "op");
      if (typeof op !== "string" || !Object.hasOwn(ops, op)) wrong(`${at}.op`, op, "the name of an operation");
      const [least, most] = ops[op as keyof typeof ops].arity;
      const { length } = all("args");
      if (length < least || length > most)
        throw new Misshapen(
          `${at}.args`,
          `has ${length} of them; ${op} takes ${least}${most === least ? "" : ` to ${most}`}`,
        );
      return;
    }
    case "lookup": {
      inner(own(expr, "key"), "key");
      const keys = levels(own(expr, "keys"), `${at}.keys`);
      const values = list(own(expr, "values"), `${at}.values`, keys.length);
      for (let i = 0; i < values.length; i++) entry(values[i], `${at}.values[${i}]`);
      const texts = [...values, own(expr, "otherwise")].filter((one) => one !== null);
      if (texts.some((one) => typeof one === "string") && texts.some((one) => typeof one === "number"))
        throw new Misshapen(`${at}.values`, "mixes texts and numbers");
      entry(own(expr, "otherwise"), `${at}.otherwise`);
      return;
    }
    case "trees": {
      const inputs = all("inputs").length;
      finite(own(expr, "base"), `${at}.base`);
      list(own(expr, "trees"), `${at}.trees`).forEach((tree, t) => {
        checkNodes(fields(tree, `${at}.trees[${t}]`), `${at}.trees[${t}]`, inputs);
      });
      return;
    }
    case "weigh":
      all("slots");
      return void checkSlots(own(expr, "table"), `${at}.table`);
    case "weighTerms": {
      inner(own(expr, "codes"), "codes");
      const bits = checkTerms(own(expr, "terms"), `${at}.terms`);
      const tables = list(own(expr, "tables"), `${at}.tables`);
      tables.forEach((table, i) => {
        checkSlots(table, `${at}.tables[${i}]`, 2 ** bits);
      });
      return void whole(own(expr, "output"), `${at}.output`, 0, tables.length - 1);
    }
    default:
      wrong(`${at}.kind`, kind, "col, lit, call, lookup, trees, weigh, weighTerms or rowHash");
  }
}

function entry(value: unknown, at: string): void {
  if (value !== null && typeof value !== "string" && !Number.isFinite(value))
    wrong(at, value, "a finite number, text or null");
}

const int64 = (value: unknown): value is bigint => typeof value === "bigint" && BigInt.asIntN(64, value) === value;
/** Years -290,000 to 290,000: what fits into microseconds. */
const mostDays = 106_751_991;

export function checkValue(value: unknown, at: string, depth = 0): void {
  if (value === null || typeof value === "boolean" || typeof value === "string" || Number.isFinite(value)) return;
  if (int64(value) || value instanceof Uint8Array) return;
  if (Array.isArray(value) && depth < 4) {
    for (const [i, one] of value.entries()) checkValue(one, `${at}[${i}]`, depth + 1);
    return;
  }
  const given = typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
  const [name, ...more] = Object.keys(given);
  if (more.length === 0 && name === "days") return void whole(given["days"], `${at}.days`, -mostDays, mostDays);
  if (more.length === 0 && name === "micros") {
    if (!int64(given["micros"])) wrong(`${at}.micros`, given["micros"], "a whole number of 64 bits");
    return;
  }
  wrong(at, value, "a finite number, text, true, false, null, bytes, a date or a time");
}

/**
 * A tree's arrays: as long as each other, children and inputs in range, and every node and leaf below exactly one other. So no walk
 * can go round, or out of the arrays. `codesOf` gives the number of levels of an input that is a category.
 */
export function checkNodes(
  tree: Fields,
  at: string,
  inputs: number,
  codesOf?: (input: number) => number | undefined,
): void {
  const feature = wholes(own(tree, "feature"), `${at}.feature`, 0, inputs - 1);
  const nodes = feature.length;
  const value = numbers(own(tree, "value"), `${at}.value`, nodes + 1);
  const test = list(own(tree, "test"), `${at}.test`, nodes);
  const missingLeft = list(own(tree, "missingLeft"), `${at}.missingLeft`, nodes);
  const left = wholes(own(tree, "left"), `${at}.left`, -value.length, nodes - 1, nodes);
  const right = wholes(own(tree, "right"), `${at}.right`, -value.length, nodes - 1, nodes);
  const met = new Uint8Array(nodes + value.length);
  for (let i = 0; i < nodes; i++) {
    if (typeof missingLeft[i] !== "boolean") truth(missingLeft[i], `${at}.missingLeft[${i}]`);
    const goesLeft = test[i];
    const codes = codesOf?.(feature[i]!);
    if (!(typeof goesLeft === "number" && Number.isFinite(goesLeft) && codes === undefined)) {
      if (codesOf && codes === undefined) finite(goesLeft, `${at}.test[${i}]`);
      const among = wholes(goesLeft, `${at}.test[${i}]`, 0, (codes ?? 2 ** 24) - 1);
      for (let k = 1; k < among.length; k++)
        if (among[k]! <= among[k - 1]!) throw new Misshapen(`${at}.test[${i}]`, "is a list of codes that do not grow");
    }
    for (const child of [left[i]!, right[i]!]) {
      // A node stands behind the one above it, or a loop could be made of nodes that each have one above.
      const place = child >= 0 ? child : nodes - 1 - child;
      if (child === 0 || met[place] === 1)
        throw new Misshapen(
          at,
          `is no tree: ${child >= 0 ? `node ${child}` : `leaf ${-1 - child}`} stands below two nodes`,
        );
      met[place] = 1;
    }
  }
  if (nodes > 0 && reached(left, right) < nodes) throw new Misshapen(at, "is no tree: its nodes go round in a loop");
}

/** How many inner nodes the root leads to; each has one above it, so the walk ends. */
function reached(left: readonly number[], right: readonly number[]): number {
  const open = [0];
  let count = 0;
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    count++;
    if (left[at]! >= 0) open.push(left[at]!);
    if (right[at]! >= 0) open.push(right[at]!);
  }
  return count;
}

/** Slots with their values: as many of each, none beyond the table, no value that is not a number. */
export function checkSlots(value: unknown, at: string, size?: number): void {
  const table = fields(value, at);
  const most = whole(own(table, "size"), `${at}.size`, 0, 2 ** 28);
  if (size !== undefined && most !== size) wrong(`${at}.size`, most, String(size));
  const values = bytes(own(table, "values"), `${at}.values`);
  if (values.length % 4 !== 0) throw new Misshapen(`${at}.values`, "ends in the middle of a number");
  const count = groups(bytes(own(table, "places"), `${at}.places`), `${at}.places`, most);
  if (count !== values.length / 4) throw new Misshapen(at, `has ${count} slots and ${values.length / 4} values`);
  const floats = new DataView(values.buffer, values.byteOffset, values.byteLength);
  for (let i = 0; i < count; i++)
    if (!Number.isFinite(floats.getFloat32(4 * i, true)))
      wrong(`${at}.values`, floats.getFloat32(4 * i, true), "finite numbers");
}

/** The numbers in groups of 7 bits; as distances they must end before `size`. */
function groups(packed: Uint8Array, at: string, size: number): number {
  let count = 0;
  let slot = -1;
  let number = 0;
  let shift = 0;
  for (const byte of packed) {
    number += (byte & 127) * 2 ** shift;
    shift += 7;
    if (shift > 63) throw new Misshapen(at, "holds a number of more than 9 bytes");
    if (byte >= 128) continue;
    slot += number + 1;
    count++;
    [number, shift] = [0, 0];
  }
  if (shift > 0) throw new Misshapen(at, "ends in the middle of a number");
  if (slot >= size) throw new Misshapen(at, `names slot ${slot} of ${size}`);
  return count;
}

export function checkCounts(value: unknown, at: string, size?: number): void {
  const table = fields(value, at);
  const most = whole(own(table, "size"), `${at}.size`, 0, 2 ** 28);
  if (size !== undefined && most !== size) wrong(`${at}.size`, most, String(size));
  const places = groups(bytes(own(table, "places"), `${at}.places`), `${at}.places`, most);
  const counts = groups(bytes(own(table, "counts"), `${at}.counts`), `${at}.counts`, Infinity);
  if (places !== counts) throw new Misshapen(at, `has ${places} slots and ${counts} counts`);
}

/** Gives the bits. */
export function checkTerms(value: unknown, at: string): number {
  const terms = fields(value, at);
  const bits = whole(own(terms, "bits"), `${at}.bits`, 1, 28);
  truth(own(terms, "signed"), `${at}.signed`);
  oneOf(own(terms, "count"), `${at}.count`, ["count", "binary", "log"]);
  oneOf(own(terms, "norm"), `${at}.norm`, ["l2", "none"]);
  const found = own(terms, "documents");
  if (found !== undefined) {
    const documents = fields(found, `${at}.documents`);
    whole(own(documents, "rows"), `${at}.documents.rows`, 0);
    checkCounts(own(documents, "counts"), `${at}.documents.counts`, 2 ** bits);
    finite(own(documents, "least"), `${at}.documents.least`);
    finite(own(documents, "most"), `${at}.documents.most`);
  }
  return bits;
}
