import { nearest, SluiceError } from "./errors.js";

/** A parameter declared once: the check, the CLI flag, the docs and (later) the form and search space read this. */
export type Param =
  | {
      readonly kind: "real" | "integer";
      readonly min: number;
      readonly max: number;
      readonly default: number;
      readonly doc: string;
    }
  | {
      /** A number, or "auto": what the owner finds apt for the data. */
      readonly kind: "auto";
      readonly min: number;
      readonly max: number;
      readonly default: "auto";
      readonly doc: string;
    }
  | { readonly kind: "choice"; readonly of: readonly string[]; readonly default: string; readonly doc: string }
  | { readonly kind: "flag"; readonly default: boolean; readonly doc: string }
  | { readonly kind: "text"; readonly default: string; readonly doc: string };
export type Params = Readonly<Record<string, Param>>;
export type ParamValue = number | string | boolean;
export type Resolved = Readonly<Record<string, ParamValue>>;

export const real = (min: number, max: number, fallback: number, doc: string) =>
  ({ kind: "real", min, max, default: fallback, doc }) as const;
export const realOrAuto = (min: number, max: number, doc: string) =>
  ({ kind: "auto", min, max, default: "auto", doc }) as const;
export const integer = (min: number, max: number, fallback: number, doc: string) =>
  ({ kind: "integer", min, max, default: fallback, doc }) as const;
export const choice = <const T extends readonly string[]>(of: T, fallback: T[number], doc: string) =>
  ({ kind: "choice", of, default: fallback, doc }) as const;
export const flag = (fallback: boolean, doc: string) => ({ kind: "flag", default: fallback, doc }) as const;
export const textParam = (fallback: string, doc: string) => ({ kind: "text", default: fallback, doc }) as const;

/** The values of declared params: numbers for numbers, one of the words for a choice. */
export type Of<P extends Params> = {
  readonly [K in keyof P]: P[K] extends { kind: "real" | "integer" }
    ? number
    : P[K] extends { kind: "auto" }
      ? number | "auto"
      : P[K] extends { kind: "flag" }
        ? boolean
        : P[K] extends { of: readonly (infer W)[] }
          ? W
          : string;
};

/** Given values (strings from a command line too) against their declaration; what is not given takes its default. */
export function resolveParams<P extends Params>(
  owner: string,
  params: P,
  given: Readonly<Record<string, unknown>> = {},
): Of<P> {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(params, name)) continue;
    const near = nearest(name, Object.keys(params));
    throw new SluiceError(
      "bad_parameter",
      `${owner} has no parameter "${name}"${near ? `; did you mean "${near}"?` : ""} It takes: ${Object.keys(params).join(", ") || "none"}`,
      { parameter: name, available: Object.keys(params) },
    );
  }
  const out: Record<string, ParamValue> = {};
  for (const [name, param] of Object.entries(params))
    out[name] = Object.hasOwn(given, name) ? check(owner, name, param, given[name]) : param.default;
  return out as Of<P>;
}

function check(owner: string, name: string, param: Param, value: unknown): ParamValue {
  const refuse = (right: string): never => {
    throw new SluiceError(
      "bad_parameter",
      `${owner}: ${name} is ${typeof value === "number" ? value : JSON.stringify(value)}; it must be ${right} (${param.doc})`,
      {
        parameter: name,
        value,
      },
    );
  };
  switch (param.kind) {
    case "auto":
    case "real":
    case "integer": {
      if (param.kind === "auto" && value === "auto") return value;
      const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
      const whole = param.kind === "integer";
      if (
        typeof number !== "number" ||
        !(number >= param.min && number <= param.max) ||
        (whole && !Number.isInteger(number))
      )
        return refuse(
          `${whole ? "a whole number" : "a number"} from ${param.min} to ${param.max}${param.kind === "auto" ? ", or auto" : ""}`,
        );
      return number;
    }
    case "choice":
      return typeof value === "string" && param.of.includes(value) ? value : refuse(`one of ${param.of.join(", ")}`);
    case "flag":
      if (value === true || value === "true") return true;
      return value === false || value === "false" ? false : refuse("true or false");
    case "text":
      return typeof value === "string" ? value : refuse("text");
  }
}
