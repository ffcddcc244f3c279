import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Value } from "../../../base/schema.js";
import type { DataTypeSchema, Literal, LiteralSchema } from "../wire/spark-connect_pb.js";

export type LiteralInit = MessageInitShape<typeof LiteralSchema>;
type TypeInit = MessageInitShape<typeof DataTypeSchema>;
export type PlainType = "null" | "boolean" | "integer" | "long" | "double" | "string" | "date" | "timestampNtz";

export const plainType = (name: PlainType): TypeInit => ({ kind: { case: name, value: {} } });

/** A value as Spark takes it: whole numbers as int or bigint, all other numbers as double, a list by its first element's type. */
export function toLiteral(value: Value): LiteralInit {
  if (value === null) return { literalType: { case: "null", value: plainType("null") } };
  switch (typeof value) {
    case "boolean":
      return { literalType: { case: "boolean", value } };
    case "string":
      return { literalType: { case: "string", value } };
    case "bigint":
      return { literalType: { case: "long", value } };
    case "number":
      if (!Number.isSafeInteger(value) || Object.is(value, -0)) return { literalType: { case: "double", value } };
      return Math.abs(value) < 2 ** 31
        ? { literalType: { case: "integer", value } }
        : { literalType: { case: "long", value: BigInt(value) } };
  }
  if (value instanceof Uint8Array) return { literalType: { case: "binary", value } };
  if (Array.isArray(value)) return arrayLiteral(value as readonly Value[]);
  if ("days" in value) return { literalType: { case: "date", value: value.days } };
  return { literalType: { case: "timestampNtz", value: (value as { micros: bigint }).micros } };
}

/** Numbers of a list are all double as soon as one is not whole; nested lists keep their type. */
export function arrayLiteral(values: readonly Value[]): LiteralInit {
  const anyReal = values.some((one) => typeof one === "number" && !Number.isInteger(one));
  const elements = values.map((one) =>
    anyReal && typeof one === "number" ? ({ literalType: { case: "double", value: one } } as const) : toLiteral(one),
  );
  return { literalType: { case: "array", value: { elementType: typeOfLiteral(elements[0]), elements } } };
}

function typeOfLiteral(literal: LiteralInit | undefined): TypeInit {
  const of = literal?.literalType;
  switch (of?.case) {
    case "boolean":
    case "integer":
    case "long":
    case "double":
    case "string":
    case "date":
    case "timestampNtz":
      return plainType(of.case);
    case "array":
      return {
        kind: {
          case: "array",
          value: { elementType: (of.value as { elementType?: TypeInit }).elementType ?? plainType("null") },
        },
      };
    default:
      return plainType("string");
  }
}

const vectorType = {
  kind: { case: "udt", value: { type: "udt", jvmClass: "org.apache.spark.ml.linalg.VectorUDT" } },
} as const;

/** Numbers as MLlib's dense vector. */
export const vectorLiteral = (values: readonly number[]): LiteralInit => ({
  literalType: {
    case: "struct",
    value: {
      structType: vectorType,
      elements: [
        { literalType: { case: "byte", value: 1 } },
        { literalType: { case: "null", value: plainType("integer") } },
        {
          literalType: {
            case: "null",
            value: { kind: { case: "array", value: { elementType: plainType("integer") } } },
          },
        },
        {
          literalType: {
            case: "specializedArray",
            value: { valueType: { case: "doubles", value: { values: [...values] } } },
          },
        },
      ],
    },
  },
});

export interface DenseVector {
  readonly kind: "vector";
  readonly values: readonly number[];
}
/** Column-major, as MLlib keeps it. */
export interface DenseMatrix {
  readonly kind: "matrix";
  readonly rows: number;
  readonly columns: number;
  readonly values: readonly number[];
}
export type Fetched = Value | DenseVector | DenseMatrix | readonly Fetched[] | Readonly<{ [name: string]: Fetched }>;

/** What a model's attribute is, in plain values; vectors and matrices come dense. */
export function fromLiteral({ literalType }: Literal): Fetched {
  switch (literalType.case) {
    case undefined:
    case "null":
      return null;
    case "boolean":
    case "string":
    case "byte":
    case "short":
    case "integer":
    case "float":
    case "double":
    case "binary":
      return literalType.value;
    case "long":
    case "timestamp":
    case "timestampNtz":
      return Number.isSafeInteger(Number(literalType.value)) ? Number(literalType.value) : literalType.value;
    case "date":
      return { days: literalType.value };
    case "decimal":
      return Number(literalType.value.value);
    case "array":
      return literalType.value.elements.map(fromLiteral);
    case "specializedArray": {
      const { valueType } = literalType.value;
      return valueType.case === undefined
        ? []
        : [...valueType.value.values].map((one) => (typeof one === "bigint" ? Number(one) : one));
    }
    case "map": {
      const { keys, values } = literalType.value;
      return Object.fromEntries(keys.map((key, i) => [String(fromLiteral(key)), fromLiteral(values[i]!)]));
    }
    case "struct": {
      const parts = literalType.value.elements.map(fromLiteral);
      const type = literalType.value.structType?.kind;
      const udt = type?.case === "udt" ? type.value.jvmClass : undefined;
      if (udt?.endsWith("VectorUDT")) return { kind: "vector", values: denseVector(parts) };
      if (udt?.endsWith("MatrixUDT")) return denseMatrix(parts);
      const names = type?.case === "struct" ? type.value.fields.map(({ name }) => name) : [];
      return Object.fromEntries(parts.map((part, i) => [names[i] ?? `_${i + 1}`, part]));
    }
  }
}

/** VectorUDT: kind (0 sparse, 1 dense), size, indices, values. */
function denseVector([kind, size, indices, values]: readonly Fetched[]): readonly number[] {
  const given = values as readonly number[];
  if (kind === 1) return given;
  const dense = new Array<number>(size as number).fill(0);
  (indices as readonly number[]).forEach((at, i) => {
    dense[at] = given[i]!;
  });
  return dense;
}

/** MatrixUDT: kind, rows, columns, column pointers, row indices, values, transposed. */
function denseMatrix([kind, rows, columns, pointers, indices, values, transposed]: readonly Fetched[]): DenseMatrix {
  const [r, c] = [rows as number, columns as number];
  const given = values as readonly number[];
  const dense = new Array<number>(r * c).fill(0);
  const put = (major: number, minor: number, value: number): void => {
    const [row, column] = transposed ? [major, minor] : [minor, major];
    dense[column * r + row] = value;
  };
  const majors = transposed ? r : c;
  const minors = transposed ? c : r;
  for (let major = 0; major < majors; major++)
    if (kind === 1) for (let minor = 0; minor < minors; minor++) put(major, minor, given[major * minors + minor]!);
    else {
      const starts = pointers as readonly number[];
      for (let at = starts[major]!; at < starts[major + 1]!; at++)
        put(major, (indices as readonly number[])[at]!, given[at]!);
    }
  return { kind: "matrix", rows: r, columns: c, values: dense };
}
