/** Every error a user can cause. `code` is for programs, the message says what was wrong and what would be right. */
export abstract class CodedError<Code extends string = string> extends Error {
  abstract readonly code: Code;
  override get name(): string {
    return this.constructor.name;
  }
}

export const isError = <Code extends ErrorCode>(error: unknown, code: Code): error is CodedError<Code> =>
  error instanceof CodedError && error.code === code;

/** The CLI's exit codes and, later, HTTP's status codes read this table: a new code does not compile without a line. */
export const exitCodes = {
  missing_file: 2,
  missing_environment: 1,
  no_permission: 1,
  disk_full: 1,
  port_in_use: 1,
  cluster_unreachable: 1,
  cluster_lost: 1,
  cluster_error: 1,
  usage: 2,
  unknown_column: 2,
  unknown_function: 2,
  unknown_name: 2,
  bad_formula: 2,
  bad_parameter: 2,
  wrong_type: 2,
  exists: 2,
  run_mismatch: 2,
  newer_format: 2,
  empty_source: 3,
  unreadable_source: 3,
  changed_source: 3,
  bad_row: 3,
  not_finite: 3,
  no_rows: 3,
  one_class: 3,
  no_labels: 3,
  too_many_classes: 3,
  no_features: 3,
  leak: 3,
  damaged: 3,
  budget_too_small: 4,
  interrupted: 130,
} as const;
export type ErrorCode = keyof typeof exitCodes;

/** The nearest name by edit distance, when one is near enough to be a slip of the keyboard. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of names) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++)
      current[j] = Math.min(
        current[j - 1]! + 1,
        previous[j]! + 1,
        previous[j - 1]! + (a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1),
      );
    previous = current;
  }
  return previous[b.length]!;
}

const listed = (names: readonly string[], limit = 20): string =>
  names.length <= limit ? names.join(", ") : `${names.slice(0, limit).join(", ")} and ${names.length - limit} more`;

/** An expression names a column its input does not have. */
export class UnknownColumnError extends CodedError<"unknown_column"> {
  readonly code = "unknown_column";
  readonly column: string;
  readonly available: readonly string[];
  constructor(column: string, available: readonly string[]) {
    const near = nearest(column, available);
    super(
      `no column "${column}" here${near ? `; did you mean "${near}"?` : ""} There are: ${listed(available)}`.replace(
        "here There",
        "here. There",
      ),
    );
    this.column = column;
    this.available = available;
  }
}

/** A name of ours (a function, learner, feature, run, model) that does not exist. */
export class UnknownNameError extends CodedError<"unknown_name" | "unknown_function"> {
  readonly code: "unknown_name" | "unknown_function";
  readonly available: readonly string[];
  constructor(kind: string, name: string, available: readonly string[]) {
    const near = nearest(name, available);
    super(
      `no ${kind} "${name}"${near ? `; did you mean "${near}"?` : "."} There are: ${listed(available, 60) || "none yet"}`,
    );
    this.code = kind === "function" ? "unknown_function" : "unknown_name";
    this.available = available;
  }
}

/** A row that does not fit, with the place where it stands and what would be right. */
export class BadRowError extends CodedError<"bad_row" | "not_finite"> {
  readonly code: "bad_row" | "not_finite";
  readonly file: string;
  /** 1-based, header not counted. */
  readonly row: number | undefined;
  readonly column: string | undefined;
  readonly value: string | undefined;
  constructor(fact: {
    code?: "bad_row" | "not_finite";
    file: string;
    row?: number;
    column?: string;
    value?: string;
    problem: string;
    remedy: string;
  }) {
    const place = [fact.row === undefined ? undefined : `row ${fact.row}`, fact.column && `column "${fact.column}"`];
    const shown = fact.value === undefined ? "" : ` ${JSON.stringify(fact.value.slice(0, 80))}`;
    super(`${[fact.file, ...place.filter(Boolean)].join(", ")}:${shown} ${fact.problem}. ${fact.remedy}`);
    this.code = fact.code ?? "bad_row";
    this.file = fact.file;
    this.row = fact.row;
    this.column = fact.column;
    this.value = fact.value;
  }
}

/** The budget cannot hold the work: said before anything starts, with the number that would do. */
export class BudgetTooSmallError extends CodedError<"budget_too_small"> {
  readonly code = "budget_too_small";
  readonly budgetBytes: number;
  readonly neededBytes: number;
  constructor(budgetBytes: number, neededBytes: number, what: string) {
    const mb = (bytes: number): string => `${Math.ceil(bytes / 1e6)}MB`;
    super(
      `${what} does not fit in ${mb(budgetBytes)}; the smallest budget that would do is --memory ${mb(neededBytes)}`,
    );
    this.budgetBytes = budgetBytes;
    this.neededBytes = neededBytes;
  }
}

/** All other errors of the user's world: the code says which, the message teaches, `facts` carry the same for programs. */
export class SluiceError<Code extends ErrorCode = ErrorCode> extends CodedError<Code> {
  readonly code: Code;
  readonly facts: Readonly<Record<string, unknown>>;
  constructor(code: Code, message: string, facts: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.facts = facts;
  }
}
