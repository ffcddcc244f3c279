import { describe, test } from "vitest";
import { type Found, optional } from "../../scripts/optional.mjs";

/** A `describe` whose body is told where the thing is that it needs. */
export type DescribeWith = (name: string, body: (where: string) => void) => void;

/**
 * Blocks of tests that need more than the npm registry: `needs.chromium()("the report", (chromium) => { ... })`.
 * Where the thing is missing, the block is skipped with its reason in the title; under SLUICE_REQUIRE_ALL=1 it fails.
 */
export const needs = {
  chromium: (): DescribeWith => describeWith(optional.chromium()),
  /** The interpreter of the peers' environment: numpy, scikit-learn, pyarrow, pandas. */
  python: (): DescribeWith => describeWith(optional.python()),
  /** A Spark server, by its version or address: `openSpark` in spark.ts opens a session on it. */
  spark: (): DescribeWith => describeWith(optional.spark()),
  /** Small disks, which `smallDisk` mounts. */
  disks: (): DescribeWith => describeWith(optional.disks()),
  /** The folder in which memory cgroups can be made. */
  root: (): DescribeWith => describeWith(optional.root()),
  /** A data set beside the project. Without `../shared` at all the block does not apply, and so never fails. */
  shared: (set: string): DescribeWith => describeWith(optional.shared(set)),
};

export function describeWith(found: Found, required = process.env["SLUICE_REQUIRE_ALL"] === "1"): DescribeWith {
  const { where, missing, absent } = found;
  if (where !== undefined) return (name, body) => describe(name, () => body(where));
  if (required && !absent)
    return (name) =>
      describe(name, () => {
        test("has what it needs", () => {
          throw new Error(`${missing} (SLUICE_REQUIRE_ALL=1 does not let this be skipped)`);
        });
      });
  const reason = absent ? `does not apply: ${missing}` : `skipped: ${missing}`;
  return (name, body) => describe.skip(`${name} [${reason}]`, () => body("/missing"));
}
