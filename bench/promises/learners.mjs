// What each learner of the registry is asked to do here; one that is not in the table learns with its defaults.
import { learners as registry } from "../../dist/learners/index.js";

/** `long` makes it take a while. `rowStateBytes`: what it keeps of each row between passes. */
const asked = {
  linear: { label: "target" },
  sparseLinear: { label: "target" },
  sgd: { long: { epochs: 40 } },
  boosting: { params: { trees: 10 }, long: { trees: 60 }, rowStateBytes: 12 },
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
    .map(({ name, tasks, needs }) => {
      const {
        label = tasks.includes("binary") ? "y" : "target",
        params = {},
        long = params,
        rowStateBytes,
      } = asked[name] ?? {};
      return {
        name,
        label,
        other: label === "y" ? "target" : "y",
        params,
        long,
        rowStateBytes,
        pageBytesPerColumn: needs.pages === "bins" ? 1 : 4,
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
