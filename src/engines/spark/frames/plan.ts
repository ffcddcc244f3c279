import { randomBytes } from "node:crypto";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { Value } from "../../../base/schema.js";
import { quote } from "../../../sql/spark/literals.js";
import {
  type Command,
  CommandSchema,
  type ExpressionSchema,
  type MlCommandSchema,
  RelationSchema,
} from "../wire/spark-connect_pb.js";
import { toLiteral } from "./literals.js";

/** A table on the cluster that nobody has computed yet, as the bytes that name it: plans are made by putting frames together. */
export type Frame = Uint8Array;
type RelationInit = NonNullable<MessageInitShape<typeof RelationSchema>["relType"]>;
export type ExpressionInit = MessageInitShape<typeof ExpressionSchema>;

let planIds = 0n;
/** Only relations with an id enter the server's cache of analysed plans. */
export const frame = (relType: RelationInit): Frame =>
  toBinary(RelationSchema, create(RelationSchema, { common: { planId: planIds++ }, relType }));

/**
 * A query, with values for its `:names` and frames for its tables. The server makes a frame a view of the session while it reads the
 * query: of two queries at the same time, one would read the other's frame of that name. So each frame has a name of its own.
 */
export function sql(
  query: string,
  args: Readonly<Record<string, Value>> = {},
  tables: Readonly<Record<string, Frame>> = {},
): Frame {
  const namedArguments = Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      { exprType: { case: "literal", value: toLiteral(value) } } as const,
    ]),
  );
  const own = Object.entries(tables).map(([name, of]) => ({ name, of, alias: `__sluice_${ofProcess}_${aliases++}` }));
  const root = frame({ case: "sql", value: { query: withTables(query, own), namedArguments } });
  const references = own.map(({ alias, of }) => named(of, alias));
  return references.length === 0 ? root : frame({ case: "withRelations", value: { root, references } });
}

let aliases = 0;
/** Sessions may be shared by processes. */
const ofProcess = randomBytes(4).toString("hex");

/** The tables' names as the first tables of a WITH. `query` is a SELECT, a WITH or an INSERT, or an EXPLAIN of one. */
function withTables(query: string, tables: readonly { readonly name: string; readonly alias: string }[]): string {
  if (tables.length === 0) return query;
  const heads = tables.map(({ name, alias }) => `${quote(name)} AS (SELECT * FROM ${alias})`);
  const [before = "", explain = "", others, recursive = ""] = beginning.exec(query) ?? [];
  const rest = query.slice(before.length);
  return `${explain}WITH ${recursive}${heads.join(", ")}${others === undefined ? " " : ", "}${rest}`;
}

const beginning = /^\s*(EXPLAIN\s+(?:(?:EXTENDED|CODEGEN|COST|FORMATTED)\s+)?)?(WITH\s+(RECURSIVE\s+)?)?/i;

export const named = (input: Frame, alias: string): Frame => frame({ case: "subqueryAlias", value: { input, alias } });

export const table = (name: string): Frame =>
  frame({ case: "read", value: { readType: { case: "namedTable", value: { unparsedIdentifier: name } } } });

export const files = (
  format: string,
  paths: readonly string[],
  options: Readonly<Record<string, string>> = {},
): Frame =>
  frame({
    case: "read",
    value: { readType: { case: "dataSource", value: { format, paths: [...paths], options: { ...options } } } },
  });

export const limit = (input: Frame, rows: number): Frame => frame({ case: "limit", value: { input, limit: rows } });

/** What a frame has under a query is not found among the frames that the cluster keeps; under a filter it is. */
export const filter = (input: Frame, condition: string): Frame =>
  frame({ case: "filter", value: { input, condition: formula(condition) } });

/** All columns of the input and these beside them. */
export const withColumns = (input: Frame, columns: Readonly<Record<string, ExpressionInit>>): Frame =>
  frame({
    case: "withColumns",
    value: { input, aliases: Object.entries(columns).map(([name, expr]) => ({ name: [name], expr })) },
  });

export const project = (input: Frame, columns: Readonly<Record<string, ExpressionInit>>): Frame =>
  frame({
    case: "project",
    value: {
      input,
      expressions: Object.entries(columns).map(([name, expr]) => ({
        exprType: { case: "alias", value: { name: [name], expr } },
      })),
    },
  });

/** A table of ours: one Arrow stream and the columns' types as DDL. */
export const local = (data: Uint8Array, schema: string): Frame =>
  frame({ case: "localRelation", value: { data, schema } });

export const column = (name: string): ExpressionInit => ({
  exprType: { case: "unresolvedAttribute", value: { unparsedIdentifier: quote(name) } },
});
export const formula = (text: string): ExpressionInit => ({
  exprType: { case: "expressionString", value: { expression: text } },
});
/** Functions that SQL text may not name (vector_to_array, array_to_vector) can be called so. */
export const calling = (functionName: string, ...args: readonly ExpressionInit[]): ExpressionInit => ({
  exprType: { case: "unresolvedFunction", value: { functionName, arguments: [...args] } },
});
export const constant = (value: Value): ExpressionInit => ({ exprType: { case: "literal", value: toLiteral(value) } });

export const command = (commandType: NonNullable<MessageInitShape<typeof CommandSchema>["commandType"]>): Command =>
  create(CommandSchema, { commandType });

export const mlCommand = (of: NonNullable<MessageInitShape<typeof MlCommandSchema>["command"]>): Command =>
  command({ case: "mlCommand", value: { command: of } });
