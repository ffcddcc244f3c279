import type { WeighTerms } from "../../expr/expr.js";
import { packSlots, type SlotTable } from "../../expr/slots.js";
import { factorsOf } from "../../expr/terms.js";
import { wordClass } from "../../expr/words.js";
import type { Term } from "../dialect.js";
import { double, text } from "./literals.js";
import { asLong } from "./terms.js";
import { hash31 } from "./texts.js";
import { weigh } from "./weigh.js";

const word = text(`${wordClass((hex) => `\\x{${hex}}`)}{2,}`);
/** More than a text has words or words stand in a row. */
const far = 1_000_000_000;
const count = (of: Term): string => `CAST(least(greatest(${asLong(of)}, 0L), ${far}L) AS INT)`;

/** The operation of this name. Lambdas name what is made once. A sequence down from 1 to 0 would have two items. */
export function termCodes(of: Term, ngrams: Term, most: Term): string {
  const words = `slice(regexp_extract_all(${of.sql}, ${word}, 0), 1, ${count(most)})`;
  const code = hash31({ ...of, sql: "array_join(slice(words, i, n), ' ')" });
  const runs = `transform(sequence(1, size(words) - n + 1), i -> ${code})`;
  const all = `flatten(transform(sequence(1, least(${count(ngrams)}, size(words))), n -> ${runs}))`;
  const codes = `IF(size(words) = 0 OR ${count(ngrams)} = 0, CAST(array() AS ARRAY<INT>), ${all})`;
  const given = [of, ngrams, most].filter(({ expr }) => expr.kind !== "lit" || expr.value === null);
  return `CASE WHEN ${given.map(({ sql }) => `${sql} IS NOT NULL`).join(" AND ")} THEN transform(array(${words}), words -> ${codes})[0] END`;
}

/** What terms add to an output, term by term; the table stands in the SQL, and so has the limits of `weigh`. */
export function weighTerms({ terms, tables, output }: WeighTerms, codes: Term): string {
  const { bits, signed, count, norm, documents } = terms;
  const mask = 2 ** bits - 1;
  const at = (table: SlotTable, slot: string): string => weigh(table, [{ ...codes, sql: slot }]);
  const same = `filter(codes, c -> (CAST(c AS INT) & ${mask}) = s)`;
  const often = signed
    ? `aggregate(${same}, 0, (n, c) -> n + IF((CAST(c AS INT) & ${2 ** 30}) != 0, -1, 1))`
    : `size(${same})`;
  const size = "CAST(abs(n) AS DOUBLE)";
  const worth = { count: size, binary: "1D", log: `(1D + ln(greatest(${size}, 1D)))` }[count];
  const factor = documents ? ` * ${at(packSlots(factorsOf(documents)), "s")}` : "";
  const value = `transform(array(${often}), n -> CAST(sign(n) AS DOUBLE) * ${worth}${factor})[0]`;
  const slots = `array_distinct(transform(codes, c -> CAST(c AS INT) & ${mask}))`;
  const values = `transform(${slots}, s -> named_struct('slot', s, 'value', ${value}))`;
  const sum = `aggregate(terms, 0D, (sum, term) -> sum + term.value * ${at(tables[output]!, "term.slot")})`;
  const length = "sqrt(aggregate(terms, 0D, (sum, term) -> sum + term.value * term.value))";
  const total = norm === "l2" ? `try_divide(${sum}, ${length})` : sum;
  return `coalesce(transform(array(${codes.sql}), codes -> transform(array(${values}), terms -> ${total})[0])[0], ${double(0)})`;
}
