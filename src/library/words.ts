import { SluiceError } from "../base/errors.js";
import type { Of, Params } from "../base/params.js";
import { parseBytes } from "../base/units.js";
import type { DataOptions } from "../data/source.js";
import type * as learners from "../learners/index.js";
import type { Machine } from "../scale/scale.js";
import type { CsvOptions } from "../sources/options.js";

/** Column types of a source as the caller knows them: `{ distance: "real", late: "bool" }`. */
export type Columns = Readonly<Record<string, "bool" | "int64" | "real" | "text" | "date" | "timestamp">>;

/** Rows somewhere. With `C` known, labels, features and roles are checked against its names when the program compiles. */
export interface Source<C extends Columns = Columns> {
  readonly paths: readonly string[];
  readonly options: DataOptions;
  readonly rows?: AsyncIterable<object> | Iterable<object>;
  readonly columns?: C;
}

export interface SourceSettings<C extends Columns> extends Pick<DataOptions, "badRows"> {
  readonly schema?: C;
}
export interface CsvSettings<C extends Columns> extends SourceSettings<C>, CsvOptions {
  /** Names for the columns of a file without a header line. */
  readonly names?: readonly string[];
}

function source<C extends Columns>(
  format: DataOptions["format"],
  paths: string | readonly string[],
  { schema, badRows }: SourceSettings<C>,
  more: DataOptions = {},
): Source<C> {
  return {
    paths: typeof paths === "string" ? [paths] : paths,
    options: {
      ...(format ? { format } : {}),
      ...more,
      ...(badRows ? { badRows } : {}),
      ...(schema && format !== "parquet" ? { types: schema } : {}),
    },
    ...(schema ? { columns: schema } : {}),
  };
}

/** Parquet files: a path, several, a glob, or a folder with `name=value` parts. */
export const parquet = <const C extends Columns = Columns>(
  paths: string | readonly string[],
  settings: SourceSettings<C> = {},
): Source<C> => source("parquet", paths, settings);

/** CSV or TSV files, gzipped or not. What is not said is sniffed. */
export function csv<const C extends Columns = Columns>(
  paths: string | readonly string[],
  settings: CsvSettings<C> = {},
): Source<C> {
  const { schema, badRows, names, ...dialect } = settings;
  return source(
    "csv",
    paths,
    { ...(schema ? { schema } : {}), ...(badRows ? { badRows } : {}) },
    {
      ...(names ? { columns: names } : {}),
      ...(Object.keys(dialect).length > 0 ? { csv: dialect } : {}),
    },
  );
}
export const jsonLines = <const C extends Columns = Columns>(
  paths: string | readonly string[],
  settings: SourceSettings<C> = {},
): Source<C> => source("jsonl", paths, settings);
export const arrow = <const C extends Columns = Columns>(
  paths: string | readonly string[],
  settings: SourceSettings<C> = {},
): Source<C> => source("arrow", paths, settings);
export const libsvm = (paths: string | readonly string[]): Source => source("libsvm", paths, {});
/** A table in a DuckDB file. */
export const table = <const C extends Columns = Columns>(
  file: string,
  name: string,
  settings: SourceSettings<C> = {},
): Source<C> => source("table", `${file}:${name}`, settings);
/** A table of a Spark cluster. */
export const sparkTable = <const C extends Columns = Columns>(
  name: string,
  settings: SourceSettings<C> = {},
): Source<C> => source(undefined, `sc:${name}`, settings);
/** Files that a Spark cluster sees: paths or globs with a "/" in them. */
export const sparkFiles = <const C extends Columns = Columns>(
  paths: string | readonly string[],
  settings: SourceSettings<C> = {},
): Source<C> =>
  source(
    undefined,
    (typeof paths === "string" ? [paths] : paths).map((path) => `sc:${path}`),
    settings,
  );
/** A query in a Spark cluster's SQL. */
export const sparkSql = <const C extends Columns = Columns>(
  query: string,
  settings: SourceSettings<C> = {},
): Source<C> => source(undefined, `sc:${query}`, settings);
/** Anything the command line would take: the form is found out. */
export const files = <const C extends Columns = Columns>(
  paths: string | readonly string[],
  settings: SourceSettings<C> = {},
): Source<C> => source(undefined, paths, settings);
/** Rows of an iterator, spooled to disk once. */
export const rows = <const C extends Columns = Columns>(
  from: AsyncIterable<object> | Iterable<object>,
  settings: SourceSettings<C> = {},
): Source<C> => ({
  paths: [],
  options: settings.schema ? { types: settings.schema } : {},
  rows: from,
  ...(settings.schema ? { columns: settings.schema } : {}),
});

/** A formula in SQL's expression syntax, where a column's name could stand: `formula("delay > 15")`. */
export interface Formula {
  readonly formula: string;
}
export const formula = (text: string): Formula => ({ formula: text });
export type NameOf<C extends Columns> = string extends keyof C ? string : keyof C & string;
export const textOf = (given: string | Formula | FeatureCall): string =>
  typeof given === "string" ? given : "formula" in given ? given.formula : given.call;

/** A stage of preparation by name: `stage("bucketise", "distance", { bins: 10 })`. `sluice` docs list them all. */
export interface FeatureCall {
  readonly call: string;
}
export function stage(
  name: string,
  columns: string | readonly string[],
  params: Readonly<Record<string, number | string | boolean>> = {},
): FeatureCall {
  const inputs = (typeof columns === "string" ? [columns] : columns).map((column) =>
    /^[A-Za-z_]\w*$/.test(column) ? column : `"${column}"`,
  );
  const settings = Object.entries(params).map(
    ([key, value]) => `${key}=${typeof value === "string" ? `'${value}'` : value}`,
  );
  return { call: `${name}(${[...inputs, ...settings].join(", ")})` };
}
export const standardise = (column: string): FeatureCall => stage("standardise", column);
export const oneHot = (column: string, params: { readonly limit?: number } = {}): FeatureCall =>
  stage("oneHot", column, params);
export const bucketise = (column: string, params: { readonly bins?: number } = {}): FeatureCall =>
  stage("bucketise", column, params);

/** A learner with its parameters; what is not given takes its default. */
export interface LearnerChoice {
  readonly learner: string;
  readonly params: Readonly<Record<string, number | string | boolean>>;
}
/** Parameters of a learner as it declares them: a name or a kind that it does not have does not compile. */
type ParamsOf<L extends { readonly params: Params }> = Partial<Of<L["params"]>>;
const choice = (learner: string, params: object): LearnerChoice => ({
  learner,
  params: params as LearnerChoice["params"],
});
/** Least squares with an L2 penalty, an L1 penalty or both. */
export const linear = (params: ParamsOf<typeof learners.linear> = {}): LearnerChoice => choice("linear", params);
/** Logistic regression for two or more classes: `logistic({ penalty: 1e-4 })`. */
export const logistic = (params: ParamsOf<typeof learners.logistic> = {}): LearnerChoice => choice("logistic", params);
/** The linear models by stochastic gradient descent. */
export const sgd = (params: ParamsOf<typeof learners.sgd> = {}): LearnerChoice => choice("sgd", params);
/** Gradient boosted trees: `boosting({ trees: 300, leaves: 63 })`. */
export const boosting = (params: ParamsOf<typeof learners.boosting> = {}): LearnerChoice => choice("boosting", params);
/** A random forest: `forest({ trees: 200 })`. */
export const forest = (params: ParamsOf<typeof learners.forest> = {}): LearnerChoice => choice("forest", params);
/** One decision tree, small enough to be read. */
export const tree = (params: ParamsOf<typeof learners.tree> = {}): LearnerChoice => choice("tree", params);
/** Classes from words and hashed features, row by row. */
export const sparseLogistic = (params: ParamsOf<typeof learners.sparseLogistic> = {}): LearnerChoice =>
  choice("sparseLogistic", params);
/** Numbers from words and hashed features, row by row. */
export const sparseLinear = (params: ParamsOf<typeof learners.sparseLinear> = {}): LearnerChoice =>
  choice("sparseLinear", params);
export const baseline = (): LearnerChoice => choice("baseline", {});

/** Where relations run, and the memory budget of this process. */
export interface EngineChoice {
  readonly engine: "duckdb" | "spark";
  readonly memoryBytes?: number;
  readonly threads?: number;
  /** Of Spark: `sc://host:port/;name=value`. */
  readonly remote?: NonNullable<Machine["on"]>;
}
/** The embedded engine inside a memory budget for the whole process. */
export const duckdb = (settings: { readonly memory?: string; readonly threads?: number } = {}): EngineChoice => ({
  engine: "duckdb",
  ...(settings.memory === undefined ? {} : { memoryBytes: parseBytes(settings.memory) }),
  ...(settings.threads === undefined ? {} : { threads: settings.threads }),
});

/**
 * A Spark cluster (4.1 or newer) through Spark Connect. `remote` is its address, SPARK_REMOTE unless said; the token may stand in
 * it, in `token` or in SPARK_CONNECT_AUTHENTICATE_TOKEN.
 */
export function spark(
  settings: {
    readonly remote?: string;
    readonly token?: string;
    /** Into how many parts the cluster shall cut each query (for `scale`); Spark decides unless said. */
    readonly partitions?: number;
    readonly memory?: string;
    readonly threads?: number;
  } = {},
): EngineChoice {
  const { SPARK_REMOTE, SPARK_CONNECT_AUTHENTICATE_TOKEN } = process.env;
  const address = settings.remote ?? SPARK_REMOTE;
  const token = settings.token ?? SPARK_CONNECT_AUTHENTICATE_TOKEN;
  if (address === undefined)
    throw new SluiceError(
      "usage",
      "spark(): name the cluster with { remote } or in SPARK_REMOTE, like sc://host:15002",
    );
  const { partitions } = settings;
  return {
    ...duckdb(settings),
    engine: "spark",
    remote: { address, ...(token ? { token } : {}), ...(partitions === undefined ? {} : { partitions }) },
  };
}
