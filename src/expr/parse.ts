import { UnknownColumnError, UnknownNameError } from "../base/errors.js";
import { call, col, type Expr, lit } from "./expr.js";
import { callNamed, functionNames, partNamed } from "./functions.js";
import { type OpName, operation } from "./ops.js";
import { infix, negLevel, notLevel } from "./print.js";
import { parseTimestamp } from "./time.js";
import { badFormula, type Token, tokens } from "./tokens.js";

/**
 * A formula in SQL's expression syntax. A column whose exact name is the whole text wins over the formula; columns match
 * exactly, else without regard to capital letters where only one does.
 */
export function parseExpr(text: string, columns: readonly string[]): Expr {
  if (columns.includes(text)) return col(text);
  if (columns.includes(text.trim())) return col(text.trim());
  return new Parser(text, columns).whole();
}

const binary: ReadonlyMap<string, readonly [op: OpName, level: number]> = new Map([
  ...Object.entries(infix).map(([op, [word, level]]) => [word, [op as OpName, level]] as const),
  ["==", ["eq", infix.eq[1]]] as const,
  ["!=", ["ne", infix.ne[1]]] as const,
]);
const compareLevel = infix.eq[1];
const castNames: Readonly<Record<string, OpName>> = {
  real: "toReal",
  double: "toReal",
  float: "toReal",
  float8: "toReal",
  decimal: "toReal",
  numeric: "toReal",
  number: "toReal",
  int64: "toInt",
  int: "toInt",
  integer: "toInt",
  bigint: "toInt",
  smallint: "toInt",
  long: "toInt",
  text: "toText",
  varchar: "toText",
  string: "toText",
  char: "toText",
  bool: "toBool",
  boolean: "toBool",
  date: "toDate",
  timestamp: "toTimestamp",
  datetime: "toTimestamp",
};

/** Vaughan Pratt, "Top down operator precedence": each operator knows how tightly it binds. */
class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #columns: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(text: string, columns: readonly string[]) {
    this.#text = text;
    this.#tokens = tokens(text);
    this.#columns = columns;
  }

  whole(): Expr {
    if (this.#ended) throw this.#wrong("the formula is empty");
    if (this.#tokens.length > mostTokens)
      throw this.#wrong(
        `the formula has ${this.#tokens.length} words, numbers and signs; at most ${mostTokens} are read`,
        this.#tokens[0],
      );
    const expr = this.#expr(0);
    if (depthOf(expr) > deepest) throw this.#wrong(tooDeep, this.#tokens[0]);
    if (!this.#ended) throw this.#wrong(`the formula could end before ${shown(this.#next)}, but goes on`);
    return expr;
  }

  get #next(): Token {
    return this.#tokens[this.#at]!;
  }
  get #ended(): boolean {
    return this.#next.kind === "end";
  }
  #wrong(problem: string, token = this.#next): Error {
    return badFormula(this.#text, token.at, problem);
  }
  #is(word: string, ahead = 0): boolean {
    const token = this.#tokens[this.#at + ahead];
    return (
      token !== undefined &&
      ((token.kind === "sign" && token.text === word) || (token.kind === "name" && token.text.toUpperCase() === word))
    );
  }
  #take(word: string): boolean {
    if (!this.#is(word)) return false;
    this.#at++;
    return true;
  }
  #expect(word: string): void {
    if (!this.#take(word)) throw this.#wrong(`${word} is expected here, not ${shown(this.#next)}`);
  }

  #expr(level: number): Expr {
    if (++this.#depth > deepest) throw this.#wrong(tooDeep);
    let left = this.#prefix();
    for (;;) {
      const found = this.#nextBinary();
      if (found && found[1] > level) {
        left = this.#chain(found[0], found[1], left);
        continue;
      }
      const more = compareLevel > level ? this.#test(left) : undefined;
      const cast = more ?? (this.#take("::") ? this.#cast(left) : undefined);
      if (!cast) break;
      left = cast;
    }
    this.#depth--;
    return left;
  }

  /** a + b + c + ...: from the left, and a long one as a balanced tree, since engines stop at a depth. */
  #chain(op: OpName, level: number, first: Expr): Expr {
    const terms = [first];
    do {
      this.#at++;
      terms.push(this.#expr(level));
    } while (chained.has(op) && this.#nextBinary()?.[0] === op);
    return terms.length > longestChain ? balanced(op, terms) : terms.reduce((left, right) => call(op, left, right));
  }

  #nextBinary(): readonly [op: OpName, level: number] | undefined {
    const { kind, text } = this.#next;
    return kind === "sign" || kind === "name" ? binary.get(text.toUpperCase()) : undefined;
  }

  /** IS NULL, [NOT] IN, BETWEEN, LIKE behind a value. */
  #test(left: Expr): Expr | undefined {
    if (this.#take("IS")) {
      const not = this.#take("NOT");
      if (this.#take("NULL")) return call(not ? "isNotNull" : "isNull", left);
      const truth = this.#take("TRUE") ? true : this.#take("FALSE") ? false : undefined;
      if (truth === undefined) throw this.#wrong(`NULL, TRUE or FALSE is expected behind IS, not ${shown(this.#next)}`);
      const test = call("coalesce", truth ? left : call("not", left), lit(false));
      return not ? call("not", test) : test;
    }
    const not =
      this.#is("NOT") && (this.#is("IN", 1) || this.#is("BETWEEN", 1) || this.#is("LIKE", 1) || this.#is("ILIKE", 1));
    if (not) this.#at++;
    const wrap = (expr: Expr): Expr => (not ? call("not", expr) : expr);
    if (this.#take("IN")) {
      this.#expect("(");
      return call(not ? "notIn" : "in", left, ...this.#list());
    }
    if (this.#take("BETWEEN")) {
      const low = this.#expr(compareLevel);
      this.#expect("AND");
      return wrap(call("between", left, low, this.#expr(compareLevel)));
    }
    if (not && this.#take("LIKE")) return wrap(call("like", left, this.#expr(compareLevel)));
    if (not && this.#take("ILIKE")) return wrap(call("ilike", left, this.#expr(compareLevel)));
    return undefined;
  }

  #prefix(): Expr {
    const token = this.#next;
    this.#at++;
    switch (token.kind) {
      case "number":
        return this.#number(token);
      case "text":
        return lit(token.text);
      case "quoted":
        return this.#column(token);
      case "name":
        return this.#word(token);
      case "sign":
        if (token.text === "(") {
          const inner = this.#expr(0);
          this.#expect(")");
          return inner;
        }
        if (token.text === "-") return this.#negative();
        if (token.text === "+") return this.#expr(negLevel - 1);
    }
    this.#at--;
    throw this.#wrong(
      this.#next.kind === "end"
        ? "the formula ends where a value is expected"
        : `a value is expected here, not ${shown(token)}`,
    );
  }

  #number(token: Token, sign: 1 | -1 = 1): Expr {
    const text = token.text.replaceAll("_", "");
    if (this.#next.kind === "name" && this.#next.at === token.at + token.text.length)
      throw this.#wrong(`"${token.text}${this.#next.text}" is no number`, token);
    const value = sign * Number(text);
    if (/^\d+$/.test(text) && !Number.isSafeInteger(value)) {
      const whole = BigInt(sign) * BigInt(text);
      if (BigInt.asIntN(64, whole) === whole) return lit(whole);
    }
    return lit(value);
  }

  #negative(): Expr {
    const token = this.#next;
    if (token.kind === "number" && !this.#is("::", 1)) {
      this.#at++;
      return this.#number(token, -1);
    }
    return call("neg", this.#expr(negLevel));
  }

  #word(token: Token): Expr {
    const word = token.text.toUpperCase();
    if (this.#is("(")) {
      if (word === "CAST" || word === "TRY_CAST") return this.#castCall();
      if (word === "EXTRACT") return this.#extract();
      if (word !== "NOT") return this.#function(token);
    }
    switch (word) {
      case "TRUE":
        return lit(true);
      case "FALSE":
        return lit(false);
      case "NULL":
        return lit(null);
      case "NOT":
        return call("not", this.#expr(notLevel - 1));
      case "CASE":
        return this.#case();
      case "DATE":
      case "TIMESTAMP":
        if (this.#next.kind === "text") return this.#time(word);
    }
    return this.#column(token);
  }

  #time(word: "DATE" | "TIMESTAMP"): Expr {
    const token = this.#next;
    const found = parseTimestamp(token.text);
    if (!found)
      throw this.#wrong(
        `'${token.text}' is no ${word.toLowerCase()}; write it like ${word === "DATE" ? "'2024-03-31'" : "'2024-03-31 17:45:00'"}`,
      );
    this.#at++;
    return lit(word === "DATE" ? { days: found.days } : { micros: found.micros });
  }

  #case(): Expr {
    const of = this.#is("WHEN") ? undefined : this.#expr(0);
    const args: Expr[] = [];
    while (this.#take("WHEN")) {
      const when = this.#expr(0);
      this.#expect("THEN");
      args.push(of ? call("eq", of, when) : when, this.#expr(0));
    }
    if (args.length === 0) throw this.#wrong(`WHEN is expected here, not ${shown(this.#next)}`);
    if (this.#take("ELSE")) args.push(this.#expr(0));
    this.#expect("END");
    return call("when", ...args);
  }

  #castCall(): Expr {
    this.#expect("(");
    const of = this.#expr(0);
    this.#expect("AS");
    const cast = this.#cast(of);
    this.#expect(")");
    return cast;
  }

  #cast(of: Expr): Expr {
    const token = this.#next;
    const op = token.kind === "name" ? castNames[token.text.toLowerCase()] : undefined;
    if (!op) throw this.#wrong(`${shown(token)} is no type; there are real, int64, text, bool, date, timestamp`);
    this.#at++;
    if (this.#is("(")) while (this.#next.kind !== "end" && !this.#take(")")) this.#at++; // varchar(20), decimal(10, 2)
    return call(op, of);
  }

  #extract(): Expr {
    this.#expect("(");
    const part = this.#next;
    const op = part.kind === "name" || part.kind === "text" ? partNamed(part.text) : undefined;
    if (!op)
      throw this.#wrong(
        `${shown(part)} is no part of a date; there are year, quarter, month, week, day, dow, doy, hour, minute, second, epoch`,
      );
    this.#at++;
    this.#expect("FROM");
    const of = this.#expr(0);
    this.#expect(")");
    return call(op, of);
  }

  #function(token: Token): Expr {
    this.#expect("(");
    const args = this.#is(")") ? [] : this.#list();
    if (args.length === 0) this.#expect(")");
    const made = callNamed(token.text, args);
    if (made === "unknown") throw new UnknownNameError("function", token.text, functionNames);
    if (made === "misused") throw this.#wrong(`${token.text} does not take these arguments`, token);
    if (made.kind === "call") {
      const [min, max] = operation(made.op).arity;
      if (made.args.length < min || made.args.length > max)
        throw this.#wrong(
          `${token.text} takes ${min === max ? min : max === Infinity ? `${min} or more` : `${min} to ${max}`} arguments, and was given ${args.length}`,
          token,
        );
    }
    return made;
  }

  #list(): Expr[] {
    const args = [this.#expr(0)];
    while (this.#take(",")) args.push(this.#expr(0));
    this.#expect(")");
    return args;
  }

  #column(token: Token): Expr {
    const name = token.text;
    if (this.#columns.includes(name)) return col(name);
    const alike = this.#columns.filter((column) => column.toLowerCase() === name.toLowerCase());
    if (alike.length === 1) return col(alike[0]!);
    if (alike.length > 1)
      throw this.#wrong(
        `"${name}" could be ${alike.map((one) => `"${one}"`).join(" or ")}; write it with the same capital letters`,
        token,
      );
    throw new UnknownColumnError(name, this.#columns);
  }
}

/** Levels of a formula, and its words, numbers and signs: more is no formula that a person wrote. */
const deepest = 100;
const mostTokens = 200_000;
const tooDeep = `the formula is nested too deeply (${deepest} levels)`;
/** Operations whose terms may be grouped anyhow, and how many of them in a row are grouped from the left as they are written. */
const chained: ReadonlySet<OpName> = new Set(["add", "mul", "and", "or", "concat"]);
const longestChain = 32;

function balanced(op: OpName, terms: readonly Expr[]): Expr {
  if (terms.length === 1) return terms[0]!;
  const half = terms.length >> 1;
  return call(op, balanced(op, terms.slice(0, half)), balanced(op, terms.slice(half)));
}

/** Without recursion: it guards what recurses. */
function depthOf(expr: Expr): number {
  let depth = 0;
  for (let level: Expr[] = [expr]; level.length > 0; depth++)
    level = level.flatMap((one) => (one.kind === "call" ? [...one.args] : one.kind === "lookup" ? [one.key] : []));
  return depth;
}

const shown = (token: Token): string =>
  token.kind === "end" ? "the end" : token.kind === "text" ? `'${token.text}'` : `"${token.text}"`;
