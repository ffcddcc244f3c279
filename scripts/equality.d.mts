export type Section = "learner" | "scores" | "feature" | "operation" | "relation" | "mllib" | "home" | "mllib in train";

/** What a test has compared: the largest difference that it found, and the one that it allows. 0 is equal to the last bit. */
export interface Compared {
  readonly section: Section;
  readonly name: string;
  readonly apart: number;
  readonly within: number;
  readonly test: string;
}
/** Every name that a section must have, in the order in which it is shown. */
export type Names = Readonly<Record<Section, readonly string[]>>;

/** The page; an error names what was not compared. */
export function page(names: Names, results: readonly Compared[], version: string): string;
/** By section and name, the largest difference that a page allows. */
export function claimsIn(page: string): Map<string, number>;
/** Names that a page lists, by section. */
export function namesIn(page: string): Record<Section, string[]>;
/** The names of the tables of learners, features, operations and operators, given those modules. */
export function namesOf(tables: {
  readonly learners: readonly { readonly name: string }[];
  readonly features: readonly { readonly name: string }[];
  readonly opNames: readonly string[];
  readonly operators: Readonly<Record<string, { readonly task: string }>>;
  readonly homeNames: readonly string[];
}): Names;
