/** What a user should know of a training that went through. */
export interface Warning {
  readonly code: string;
  readonly message: string;
  /** What it is about, where that is a column, a value, a row. */
  readonly column?: string;
  readonly value?: string;
  readonly row?: number;
}
