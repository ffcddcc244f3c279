/** What a parameter of Spark takes. A vector is given as numbers. */
export type ParamType =
  | "boolean"
  | "int"
  | "long"
  | "float"
  | "double"
  | "string"
  | "strings"
  | "strings2"
  | "ints"
  | "doubles"
  | "doubles2"
  | "vector"
  | "matrix";

export interface ParamFact {
  readonly type: ParamType;
  /** What Spark takes where nothing is given; without it Spark takes none, or asks for a value. */
  readonly default?: boolean | number | string | readonly (number | string)[];
  readonly min?: number;
  readonly max?: number;
  /** Bounds that a value has to stay clear of. */
  readonly above?: number;
  readonly below?: number;
  /** The only words it takes. */
  readonly of?: readonly string[];
  readonly doc: string;
}

export type Task =
  | "binary classification"
  | "classification"
  | "regression"
  | "clustering"
  | "recommendation"
  | "patterns"
  | "features"
  | "evaluation";

export interface OperatorFact {
  /** Its name as a function of ours: `mllib.gbtClassifier`. */
  readonly call: string;
  readonly kind: "estimator" | "transformer" | "evaluator";
  readonly jvm: string;
  readonly task: Task;
  /** What fitting gives: a name of `models`. */
  readonly model?: string;
  readonly params: Readonly<Record<string, ParamFact>>;
}

export interface ModelFact {
  readonly jvm: string;
  /** What it can be asked, as `(arguments) answer`, several ways apart by a comma. `frame` is a table, `models` are models of their own. */
  readonly attributes: Readonly<Record<string, string>>;
  /** What its training left behind. */
  readonly summary: Readonly<Record<string, string>>;
}
