import type { CsvOptions } from "../sources/options.js";
import type { TrainSpec } from "./spec.js";

/** How an option is typed. Without a flag it can be set from TypeScript alone, and no command line says it. */
interface Option<T> {
  readonly flag?: string;
  /** The words of one value: of a list that repeats the flag there are several, and of an empty one none. */
  words?(value: T): readonly string[];
  /** A flag that says all by itself; false is typed as `--no-...`. */
  readonly alone?: boolean;
}
type OptionsOf<T> = { readonly [K in keyof Required<T>]: Option<NonNullable<T[K]>> };

const named = (flag: string): Option<string | number> => ({ flag, words: (value) => [String(value)] });
const repeated = (flag: string): Option<readonly string[]> => ({ flag, words: (values) => values });
const byCommas = (flag: string): Option<readonly string[]> => ({
  flag,
  words: (values) => (values.length > 0 ? [values.join(",")] : []),
});
const pairs = (flag: string): Option<Readonly<Record<string, unknown>>> => ({
  flag,
  words: (values) => Object.entries(values).map(([name, value]) => `${name}=${value}`),
});
const orNone = (flag: string, spelled: Readonly<Record<string, string>> = {}): Option<string> => ({
  flag,
  words: (value) => [value === "" ? "none" : (spelled[value] ?? value)],
});
const fromTypeScript: Option<unknown> = {};

/** Each option of a training, in the order in which its command is written. A field of the spec that is missing here does not compile. */
const options: OptionsOf<Omit<TrainSpec, "sources" | "csv">> = {
  label: named("--label"),
  task: named("--task"),
  positive: named("--positive"),
  learner: named("--learner"),
  features: named("--features"),
  id: named("--id"),
  time: named("--time"),
  group: named("--group"),
  weight: named("--weight"),
  where: named("--where"),
  validate: named("--validate"),
  folds: named("--folds"),
  gap: named("--gap"),
  together: named("--together"),
  calibrate: named("--calibrate"),
  threshold: named("--threshold"),
  classWeights: named("--class-weights"),
  drop: byCommas("--drop"),
  allowLeak: byCommas("--allow-leak"),
  test: repeated("--test"),
  sums: named("--sums"),
  sample: named("--sample"),
  seed: named("--seed"),
  name: named("--name"),
  params: pairs("--param"),
  format: named("--format"),
  types: pairs("--type"),
  columns: byCommas("--columns"),
  badRows: named("--bad-rows"),
  codes: fromTypeScript,
  pageRows: fromTypeScript,
  badCells: fromTypeScript,
  expect: fromTypeScript,
  needed: fromTypeScript,
};

const csvOptions: OptionsOf<CsvOptions> = {
  delimiter: orNone("--delimiter", { "\t": "\\t" }),
  quote: orNone("--quoting"),
  escape: orNone("--escape"),
  header: { flag: "--header", alone: true },
  skipLines: named("--skip-lines"),
  comment: orNone("--comment"),
  encoding: named("--encoding"),
  decimal: named("--decimal"),
  thousands: orNone("--thousands", { " ": "space" }),
  dateFormat: named("--date-format"),
  missing: repeated("--missing"),
  trim: fromTypeScript,
};

/** What a spec gives: by the flag that is typed for it, or by its field where there is none. Sources are no flags. */
export function givenOptions({ sources: _sources, csv = {}, ...spec }: TrainSpec): GivenOption[] {
  return [...given(options, spec), ...given(csvOptions, csv)];
}

export interface GivenOption {
  readonly field: string;
  readonly name: string;
  readonly value: unknown;
  /** What the command line says for it. */
  readonly typed: readonly string[];
}

function given<T extends object>(table: OptionsOf<T>, values: T): GivenOption[] {
  return (Object.entries(table) as [keyof T & string, Option<unknown>][]).flatMap(
    ([field, { flag, words, alone }]): GivenOption[] => {
      const value = values[field];
      if (value === undefined) return [];
      if (flag === undefined) return [{ field, name: field, value, typed: [] }];
      if (!alone) return [{ field, name: flag, value, typed: (words?.(value) ?? []).flatMap((word) => [flag, word]) }];
      const switched = value ? flag : flag.replace("--", "--no-");
      return [{ field, name: switched, value: true, typed: [switched] }];
    },
  );
}
