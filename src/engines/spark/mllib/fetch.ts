import type { MessageInitShape } from "@bufbuild/protobuf";
import { SluiceError, UnknownNameError } from "../../../base/errors.js";
import type { SparkSession } from "../connection/session.js";
import { type Fetched, fromLiteral, type LiteralInit } from "../frames/literals.js";
import { type Frame, frame } from "../frames/plan.js";
import type { FetchSchema } from "../wire/spark-connect_pb.js";
import { ask } from "./ask.js";
import { fitsType, type ParamValue } from "./check.js";
import type { ParamType } from "./facts.js";
import { literalAs } from "./literal.js";

/** What an attribute takes: values, or a table. */
export type Argument = ParamValue | Frame;
type Method = NonNullable<MessageInitShape<typeof FetchSchema>["methods"]>[number];

/** One way of asking an attribute: `(int, frame) double`. */
interface Signature {
  readonly args: readonly string[];
  readonly gives: string;
}

export const signaturesOf = (text: string): readonly Signature[] =>
  [...text.matchAll(/\(([^)]*)\) ([a-z0-9]+)/g)].map(([, args = "", gives = ""]) => ({
    args: args === "" ? [] : args.split(", "),
    gives,
  }));

/** The call of an attribute, its arguments in the types that the JVM's method has. */
export function methodOf(
  owner: string,
  attributes: Readonly<Record<string, string>>,
  name: string,
  args: readonly Argument[],
): { readonly method: Method; readonly gives: string } {
  if (!Object.hasOwn(attributes, name))
    throw new UnknownNameError(`attribute of ${owner}`, name, Object.keys(attributes));
  const ways = signaturesOf(attributes[name]!);
  const fits = (type: string, arg: Argument): boolean =>
    type === "frame" ? arg instanceof Uint8Array : fitsType(type as ParamType, arg);
  const way = ways.find((one) => one.args.length === args.length && args.every((arg, i) => fits(one.args[i]!, arg)));
  if (way === undefined)
    throw new SluiceError(
      "bad_parameter",
      `${owner}.${name} takes ${ways.map((one) => `(${one.args.join(", ")})`).join(" or ")}`,
      {
        attribute: name,
        given: args.length,
      },
    );
  return {
    method: {
      method: name,
      args: args.map((arg, i) =>
        way.args[i] === "frame"
          ? { argsType: { case: "input", value: arg as Frame } }
          : { argsType: { case: "param", value: argumentAs(way.args[i] as ParamType, arg as ParamValue) } },
      ),
    },
    gives: way.gives,
  };
}

/** The server takes no long as an argument, and makes one of an int. */
const argumentAs = (type: ParamType, value: ParamValue): LiteralInit =>
  literalAs(type === "long" && fitsType("int", value) ? "int" : type, value);

/** A value, or the ids of models or of a summary that the server made for the question. */
export async function fetch(
  session: SparkSession,
  id: string,
  methods: readonly Method[],
): Promise<{ readonly value?: Fetched; readonly ids?: readonly string[] }> {
  const answer = await ask(session, { case: "fetch", value: { objRef: { id }, methods: [...methods] } });
  switch (answer.case) {
    case "param":
      return { value: fromLiteral(answer.value) };
    case "summary":
      return { ids: [answer.value] };
    case "operatorInfo":
      return answer.value.type.case === "objRef"
        ? { ids: answer.value.type.value.id.split(",").filter((one) => one !== "") }
        : {};
    default:
      return {};
  }
}

/** A table that an object of the cache gives; `trainedOn` lets the server make a lost training summary anew. */
export const fetchFrame = (id: string, methods: readonly Method[], trainedOn?: Frame): Frame =>
  frame({
    case: "mlRelation",
    value: {
      mlType: { case: "fetch", value: { objRef: { id }, methods: [...methods] } },
      ...(trainedOn === undefined ? {} : { modelSummaryDataset: trainedOn }),
    },
  });
