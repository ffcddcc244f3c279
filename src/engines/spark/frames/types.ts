import type { Column, Schema, Type } from "../../../base/schema.js";
import type { DataType } from "../wire/spark-connect_pb.js";

/** The columns of a frame, in our types. */
export const schemaOf = (type: DataType): Schema => ({
  columns: fieldsOf(type).map(({ name, type }) => ({ name, type: typeOf(type) })),
});

/** The same in the types of Spark. */
export function fieldsOf(type: DataType): { readonly name: string; readonly type: DataType }[] {
  if (type.kind.case !== "struct") throw new Error("a frame's type is a struct");
  return type.kind.value.fields.map(({ name, dataType }) => ({ name, type: dataType! }));
}

const columnsOf = (type: DataType): Column[] =>
  type.kind.case === "struct"
    ? type.kind.value.fields.map(({ name, dataType }) => ({ name, type: typeOf(dataType!) }))
    : [];

function typeOf(type: DataType): Type {
  const { kind } = type;
  switch (kind.case) {
    case "boolean":
      return { kind: "bool" };
    case "byte":
    case "short":
    case "integer":
    case "long":
      return { kind: "int64" };
    case "float":
    case "double":
      return { kind: "real" };
    case "decimal": {
      const { precision = 10, scale = 0 } = kind.value;
      return { kind: "decimal", precision, scale };
    }
    case "string":
    case "char":
    case "varChar":
      return { kind: "text" };
    case "binary":
      return { kind: "bytes" };
    case "date":
      return { kind: "date" };
    case "timestamp":
      return { kind: "timestamp", utc: true };
    case "timestampNtz":
      return { kind: "timestamp", utc: false };
    case "array":
      return { kind: "list", of: typeOf(kind.value.elementType!) };
    case "struct":
      return { kind: "struct", fields: columnsOf(type) };
    default:
      return {
        kind: "other",
        name: kind.case === "udt" ? (kind.value.jvmClass?.split(".").at(-1) ?? "udt") : (kind.case ?? "unknown"),
      };
  }
}
