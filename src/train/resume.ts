import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { canonical } from "../base/canonical.js";
import { SluiceError } from "../base/errors.js";
import { fromJson } from "../base/json.js";
import { resolveParams } from "../base/params.js";
import { learnerNamed } from "../learners/index.js";
import { isMllib } from "../learners/mllib.js";
import { findRun, type Home, runDir } from "../runs/home.js";
import { givenOptions } from "./options.js";
import { type RunFile, specFrom } from "./run-file.js";
import type { TrainSpec } from "./spec.js";

export interface BegunRun {
  readonly run: string;
  readonly spec: TrainSpec;
  /** Its model stands already. */
  readonly finished: boolean;
}

/** What a run was begun with, so that it can go on. */
export function begunRun(home: Home, ref: string): BegunRun {
  const run = findRun(home, ref);
  const dir = runDir(home, run);
  const file = join(dir, "run.json");
  if (!existsSync(file))
    throw new SluiceError("damaged", `run ${run} never got as far as writing its plan; train again`, { run });
  let begun: RunFile;
  try {
    begun = fromJson<RunFile>(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new SluiceError("damaged", `${file} is damaged: it is not JSON; train again`, { run, file }, { cause });
  }
  if (begun.command !== "train")
    throw new SluiceError("usage", `run ${run} is a ${begun.command} run; only training runs resume`, { run });
  return { run, spec: specFrom(begun), finished: existsSync(join(dir, "result.json")) };
}

/** Going on with a run means doing what it was begun with: anything else given is refused, with every difference named. */
export function refuseOther({ run, spec }: BegunRun, given: TrainSpec): void {
  const [ours, theirs] = [flagsOf(spec), flagsOf(given)];
  // Standard input was spooled when the run began, and is no longer there.
  if (given.sources.includes("-")) theirs.set("source", ours.get("source")!);
  // Named from another folder they are the same files.
  for (const [name, own, other] of [
    ["source", spec.sources, given.sources],
    ["--test", spec.test, given.test],
  ] as const)
    if (own && other && canonical(own.map((path) => resolve(path))) === canonical(other.map((path) => resolve(path))))
      theirs.set(name, ours.get(name)!);
  const differences = [...new Set([...ours.keys(), ...theirs.keys()])]
    .filter((name) => ours.get(name) !== theirs.get(name))
    .map((name) => ({ name, run: ours.get(name), given: theirs.get(name) }));
  if (differences.length === 0) return;
  const told = differences.map(
    ({ name, run, given }) => `${name} was ${run ?? "not given"} and is now ${given ?? "not given"}`,
  );
  throw new SluiceError(
    "run_mismatch",
    `run ${run} was begun with something else: ${told.join("; ")}. Give what it was begun with, or train without --resume`,
    { run, differences },
  );
}

/** Each thing that decides a training under the name that it is given by. */
function flagsOf(spec: TrainSpec): Map<string, string> {
  const { sources, params = {} } = spec;
  const learner = spec.learner === undefined || isMllib(spec.learner) ? undefined : learnerNamed(spec.learner);
  const resolved = learner ? resolveParams(learner.name, learner.params, params) : params;
  const named: [string, unknown][] = [
    ["source", sources],
    ...givenOptions({ ...spec, params: resolved }).flatMap(({ field, name, value }): [string, unknown][] =>
      field === "params" || field === "types"
        ? Object.entries(value as object).map(([key, one]) => [`${name} ${key}`, one])
        : [[name, value]],
    ),
  ];
  return new Map(named.filter(([, value]) => value !== undefined).map(([name, value]) => [name, canonical(value)]));
}
