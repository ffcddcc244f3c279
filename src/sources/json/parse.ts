/** A list, or an object that stands in one or nests too deep for columns of its own: its JSON without blanks. */
export class Nested {
  readonly text: string;
  /** It is a list of numbers (and nulls), or one without items. */
  readonly list: "numbers" | "empty" | undefined;

  constructor(text: string, list: Nested["list"]) {
    this.text = text;
    this.list = list;
  }
}

/** A whole number past 2^53 is a bigint: its digits are kept. */
export type JsonValue = null | boolean | number | bigint | string | Nested;

/**
 * The fields of an object by their paths; those of an object inside it are apart from it by a NUL, since a point may
 * stand in a name: `{"a": {"b": 1}, "a.b": 2}` has the fields `a\0b` and `a.b`.
 */
export type Fields = Map<string, JsonValue>;

/** Text that is no JSON, or more than is read: the message is the rest of "... is not JSON (". */
export class JsonError extends Error {}

/** Objects inside of objects that become columns of their own, and how deep anything may nest. */
const flattenedDepth = 20;
export const deepest = 500;

/** The fields of the one object in the text; undefined where it is JSON of another kind. */
export function parseFields(text: string): Fields | undefined {
  const reader = new Reader(text);
  return reader.fields();
}

// Characters as the reader meets them.
const [quote, backslash, comma, colon, openList, closeList, openObject, closeObject] = [
  34, 92, 44, 58, 91, 93, 123, 125,
];

const numberAt = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const wordAt = /true|false|null|NaN|-?Infinity/y;
const words: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
  ["true", true],
  ["false", false],
  ["null", null],
  // What Python writes for reals that are no numbers.
  ["NaN", null],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);

/** One pass over the text. JSON.parse would round numbers, and take the last of two equal names without a word. */
class Reader {
  readonly #text: string;
  #at = 0;
  /** The number or word that was read last, as it stood there. */
  #token = "";

  constructor(text: string) {
    this.#text = text;
  }

  fields(): Fields | undefined {
    if (this.#next() !== openObject) {
      this.#compact(0);
      this.#end();
      return undefined;
    }
    const into: Fields = new Map();
    this.#object("", into, 0);
    this.#end();
    return into;
  }

  #end(): void {
    if (!Number.isNaN(this.#next())) throw this.#unexpected();
  }

  #object(prefix: string, into: Fields, depth: number): void {
    if (depth >= deepest) throw tooDeep();
    this.#at++;
    if (this.#next() === closeObject) {
      this.#at++;
      return;
    }
    for (;;) {
      const key = prefix + this.#name();
      if (this.#next() === openObject && depth < flattenedDepth) this.#object(`${key}\0`, into, depth + 1);
      else {
        const value = this.#value(depth);
        if (into.has(key)) throw new JsonError(`it has the field ${JSON.stringify(nameOf(key))} twice`);
        into.set(key, value);
      }
      if (!this.#more(closeObject)) return;
    }
  }

  #name(): string {
    if (this.#next() !== quote) throw this.#unexpected();
    // The sign of a path of fields is no part of a name.
    const said = this.#string();
    const name = said.includes("\0") ? said.replaceAll("\0", "\u2400") : said;
    if (this.#next() !== colon) throw this.#unexpected();
    this.#at++;
    return name;
  }

  #value(depth: number): JsonValue {
    const c = this.#next();
    if (c === quote) return this.#string();
    if (c === openList || c === openObject) return this.#nested(depth);
    return this.#scalar();
  }

  #nested(depth: number): Nested {
    let numbers = this.#next() === openList;
    let items = 0;
    const text = this.#compact(depth, (isNumber) => {
      items++;
      numbers &&= isNumber;
    });
    return new Nested(text, !numbers ? undefined : items > 0 ? "numbers" : "empty");
  }

  /** A value of any kind as JSON without blanks; `item` is told of each item of its outermost list. */
  #compact(depth: number, item?: (isNumber: boolean) => void): string {
    if (depth >= deepest) throw tooDeep();
    const c = this.#next();
    if (c === quote) return JSON.stringify(this.#string());
    if (c !== openList && c !== openObject) {
      const value = this.#scalar();
      return value === null ? "null" : this.#token;
    }
    const close = c === openList ? closeList : closeObject;
    const parts: string[] = [];
    this.#at++;
    if (this.#next() === close) {
      this.#at++;
      return c === openList ? "[]" : "{}";
    }
    do {
      const name = c === openObject ? `${JSON.stringify(this.#name())}:` : "";
      const first = this.#next();
      const part = this.#compact(depth + 1);
      item?.(part === "null" || first === 45 || (first >= 48 && first <= 57) || part === "Infinity");
      parts.push(name + part);
    } while (this.#more(close));
    return c === openList ? `[${parts.join(",")}]` : `{${parts.join(",")}}`;
  }

  /** Past a comma, or past the end of the list or object. */
  #more(close: number): boolean {
    const c = this.#next();
    if (c !== comma && c !== close) throw this.#unexpected();
    this.#at++;
    return c === comma;
  }

  #scalar(): JsonValue {
    const c = this.#next();
    if (c === 45 || (c >= 48 && c <= 57)) {
      numberAt.lastIndex = this.#at;
      const found = numberAt.exec(this.#text);
      if (found) {
        this.#take(found[0]);
        const value = Number(found[0]);
        return found[1] !== undefined || found[2] !== undefined || Number.isSafeInteger(value)
          ? value
          : BigInt(found[0]);
      }
    }
    wordAt.lastIndex = this.#at;
    const [word] = wordAt.exec(this.#text) ?? [];
    if (word === undefined) throw this.#unexpected();
    this.#take(word);
    return words.get(word)!;
  }

  #take(token: string): void {
    this.#at += token.length;
    this.#token = token;
    const next = this.#text.charCodeAt(this.#at);
    // A number or word ends where something else begins: `01`, `1.` and `nullx` are none.
    if (isWordPart(next)) throw this.#unexpected();
  }

  #string(): string {
    const text = this.#text;
    const from = this.#at + 1;
    let plain = true;
    for (let at = from; at < text.length; at++) {
      const c = text.charCodeAt(at);
      if (c === quote) {
        this.#at = at + 1;
        return plain ? text.slice(from, at) : this.#unescaped(text.slice(from - 1, at + 1));
      }
      if (c === backslash) {
        plain = false;
        at++;
      } else if (c < 32) {
        this.#at = at;
        throw this.#unexpected();
      }
    }
    throw new JsonError("it ends inside a text");
  }

  #unescaped(quoted: string): string {
    try {
      return JSON.parse(quoted) as string;
    } catch {
      throw new JsonError(`${quoted.slice(0, 40)} has an escape that JSON does not know`);
    }
  }

  /** The next character that is no blank, NaN at the end. */
  #next(): number {
    for (;;) {
      const c = this.#text.charCodeAt(this.#at);
      if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return c;
      this.#at++;
    }
  }

  #unexpected(): JsonError {
    return this.#at >= this.#text.length
      ? new JsonError("it ends too early")
      : new JsonError(
          `${JSON.stringify(this.#text.slice(this.#at, this.#at + 20))} is not expected at character ${this.#at + 1}`,
        );
  }
}

const isWordPart = (c: number): boolean =>
  (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 46 || c === 43 || c === 45 || c === 95;

const tooDeep = (): JsonError => new JsonError(`it nests deeper than the ${deepest} levels that are read`);

/** The name of a column for a field, where no other field has the same. */
export const nameOf = (key: string): string => key.replaceAll("\0", ".");
