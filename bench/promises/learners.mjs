// What each learner of the registry is asked to do here; one that is not in the table learns with its defaults.
import { learners as registry } from "../../dist/learners/index.js";

/**
 * `long` makes it take a while. What it keeps of each row between passes: so many bytes, when it learns with the params of `slim`.
 */
const asked = {
  linear: { label: "target" },
  sgd: { long: { epochs: 40 } },
  sparseLinear: { label: "target", long: { passes: 20 } },
  sparseLogistic: { long: { passes: 20 } },
  // a score of 4 bytes, gradient and hessian in 4, and 2 for its place among its leaf's rows
  boosting: { params: { trees: 10 }, long: { trees: 100 }, rowStateBytes: 10, slim: { trees: 5, rowSample: 1 } },
  forest: { params: { trees: 5 }, long: { trees: 40 } },
};
const withoutTrial = ["baseline"];

/** The learners to try: those named, or all that learn from more than counts. */
export function learnersNamed(names) {
  const known = registry.map(({ name }) => name);
  const wanted = names ?? known.filter((name) => !withoutTrial.includes(name));
  for (const name of wanted)
    if (!known.includes(name)) throw new Error(`no learner "${name}"; there are ${known.join(", ")}`);
  return registry
    .filter(({ name }) => wanted.includes(name))
    .map(({ name, tasks }) => {
      const {
        label = tasks.includes("binary") ? "y" : "target",
        params = {},
        long = params,
        slim = params,
        rowStateBytes,
      } = asked[name] ?? {};
      return {
        name,
        label,
        other: label === "y" ? "target" : "y",
        params,
        long,
        slim,
        rowStateBytes,
      };
    });
}

/** Flags that train it on a table of both labels; `lasting` for a while. */
export const flagsOf = ({ name, label, other, params, long }, lasting = false) => [
  "--learner",
  name,
  "--label",
  label,
  ...(other ? ["--drop", other] : []),
  ...Object.entries(lasting ? long : params).flatMap(([param, value]) => ["--param", `${param}=${value}`]),
];
