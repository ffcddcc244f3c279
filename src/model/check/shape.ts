/** What is wrong with a value, and where it stands: `features[0].state.levels`. */
export class Misshapen extends Error {
  readonly field: string;
  constructor(field: string, problem: string) {
    super(problem);
    this.field = field;
  }
}

/** Checks a value that came from outside; `at` is its place in the file. Throws `Misshapen`. */
export type Shape = (value: unknown, at: string) => void;

export function wrong(at: string, value: unknown, right: string): never {
  throw new Misshapen(at, `is ${shown(value)}; it must be ${right}`);
}

/** A value in a few letters. */
export function shown(value: unknown): string {
  if (value === undefined) return "not there";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

export type Fields = Readonly<Record<string, unknown>>;

export function fields(value: unknown, at: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value))
    wrong(at, value, "an object");
  return value as Fields;
}

/** The field's own value: nothing of what every object has. */
export const own = (object: Fields, name: string): unknown => (Object.hasOwn(object, name) ? object[name] : undefined);

export function list(value: unknown, at: string, length?: number): readonly unknown[] {
  if (!Array.isArray(value)) wrong(at, value, "a list");
  if (length !== undefined && value.length !== length) wrong(at, value, `a list of ${length}`);
  return value;
}

export function finite(value: unknown, at: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) wrong(at, value, "a finite number");
  return value;
}

export function whole(value: unknown, at: string, least = -Infinity, most = Infinity): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least || value > most)
    wrong(
      at,
      value,
      least === -Infinity && most === Infinity ? "a whole number" : `a whole number from ${least} to ${most}`,
    );
  return value;
}

export function word(value: unknown, at: string): string {
  if (typeof value !== "string") wrong(at, value, "text");
  return value;
}

export function oneOf<const T extends string>(value: unknown, at: string, words: readonly T[]): T {
  if (typeof value !== "string" || !(words as readonly string[]).includes(value))
    wrong(at, value, `one of ${words.join(", ")}`);
  return value as T;
}

export function truth(value: unknown, at: string): boolean {
  if (typeof value !== "boolean") wrong(at, value, "true or false");
  return value;
}

/** A list of finite numbers: a loop without calls, since a model of trees has millions of them. */
export function numbers(value: unknown, at: string, length?: number): readonly number[] {
  const all = list(value, at, length);
  for (let i = 0; i < all.length; i++) if (!Number.isFinite(all[i])) wrong(`${at}[${i}]`, all[i], "a finite number");
  return all as readonly number[];
}

export function wholes(value: unknown, at: string, least: number, most: number, length?: number): readonly number[] {
  const all = list(value, at, length);
  for (let i = 0; i < all.length; i++) {
    const one = all[i] as number;
    if (!(Number.isSafeInteger(one) && one >= least && one <= most)) whole(one, `${at}[${i}]`, least, most);
  }
  return all as readonly number[];
}

/** Texts, finite numbers and booleans, each once. */
export function levels(value: unknown, at: string): readonly (string | number | boolean)[] {
  const all = list(value, at);
  all.forEach((one, i) => {
    if (typeof one !== "string" && typeof one !== "boolean" && !Number.isFinite(one))
      wrong(`${at}[${i}]`, one, "text, a finite number, true or false");
  });
  if (new Set(all).size < all.length) throw new Misshapen(at, "has a value twice");
  return all as readonly (string | number | boolean)[];
}

export function bytes(value: unknown, at: string): Uint8Array {
  if (!(value instanceof Uint8Array)) wrong(at, value, "bytes");
  return value;
}

// Shapes as values, for tables of them.
export const aNumber: Shape = finite;
export const aTruth: Shape = truth;
export const someNumbers: Shape = (value, at) => void numbers(value, at);
export const someLevels: Shape = (value, at) => void levels(value, at);
export const listOf =
  (shape: Shape): Shape =>
  (value, at) =>
    list(value, at).forEach((one, i) => {
      shape(one, `${at}[${i}]`);
    });
export const optional =
  (shape: Shape): Shape =>
  (value, at) => {
    if (value !== undefined) shape(value, at);
  };
export const object =
  (shapes: Readonly<Record<string, Shape>>): Shape =>
  (value, at) => {
    const given = fields(value, at);
    for (const [name, shape] of Object.entries(shapes)) shape(own(given, name), at === "" ? name : `${at}.${name}`);
  };
