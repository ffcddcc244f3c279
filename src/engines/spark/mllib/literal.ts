import { type DenseMatrix, type LiteralInit, type PlainType, plainType, vectorLiteral } from "../frames/literals.js";
import type { ParamValue, ParamValues } from "./check.js";
import type { ParamFact, ParamType } from "./facts.js";

/** Params as Spark declares them: a whole number for an int, the same number as a double for a double. */
export const paramLiterals = (
  facts: Readonly<Record<string, ParamFact>>,
  values: ParamValues,
): { params: Record<string, LiteralInit> } => ({
  params: Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, literalAs(facts[name]!.type, value)]),
  ),
});

export function literalAs(type: ParamType, value: ParamValue): LiteralInit {
  switch (type) {
    case "boolean":
      return { literalType: { case: "boolean", value: value as boolean } };
    case "int":
      return { literalType: { case: "integer", value: value as number } };
    case "long":
      return { literalType: { case: "long", value: BigInt(value as number) } };
    case "float":
    case "double":
      return { literalType: { case: "double", value: value as number } };
    case "string":
      return { literalType: { case: "string", value: value as string } };
    case "strings":
      return listOf("string", value as readonly string[]);
    case "ints":
      return listOf("integer", value as readonly number[]);
    case "doubles":
      return listOf("double", value as readonly number[]);
    case "doubles2":
      return listsOf("double", value as readonly (readonly number[])[]);
    case "strings2":
      return listsOf("string", value as readonly (readonly string[])[]);
    case "vector":
      return vectorLiteral(value as readonly number[]);
    case "matrix":
      return matrixLiteral(value as DenseMatrix);
  }
}

type Plain = PlainType & ("string" | "integer" | "double");

const listsOf = (of: Plain, lists: readonly (readonly (string | number)[])[]): LiteralInit => ({
  literalType: {
    case: "array",
    value: {
      elementType: { kind: { case: "array", value: { elementType: plainType(of) } } },
      elements: lists.map((one) => listOf(of, one)),
    },
  },
});

/** An empty list has its type too. */
const listOf = (of: Plain, values: readonly (string | number)[]): LiteralInit => ({
  literalType: {
    case: "array",
    value: {
      elementType: plainType(of),
      elements: values.map((value) => ({ literalType: { case: of, value } }) as LiteralInit),
    },
  },
});

const matrixType = {
  kind: { case: "udt", value: { type: "udt", jvmClass: "org.apache.spark.ml.linalg.MatrixUDT" } },
} as const;
const none = { literalType: { case: "null", value: plainType("null") } } as const;

/** Spark's dense matrix: column by column, not transposed. */
const matrixLiteral = ({ rows, columns, values }: DenseMatrix): LiteralInit => ({
  literalType: {
    case: "struct",
    value: {
      structType: matrixType,
      elements: [
        { literalType: { case: "byte", value: 1 } },
        { literalType: { case: "integer", value: rows } },
        { literalType: { case: "integer", value: columns } },
        none,
        none,
        {
          literalType: {
            case: "specializedArray",
            value: { valueType: { case: "doubles", value: { values: [...values] } } },
          },
        },
        { literalType: { case: "boolean", value: false } },
      ],
    },
  },
});
