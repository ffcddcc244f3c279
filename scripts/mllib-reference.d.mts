/** The page of all operators of MLlib, from our tables. */
export function reference(tables: {
  readonly operators: Readonly<Record<string, unknown>>;
  readonly models: Readonly<Record<string, unknown>>;
  readonly sparkVersion: string;
  readonly mllibNames: readonly string[];
  readonly homeNames: readonly string[];
}): string;
