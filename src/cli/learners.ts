import type { Param } from "../base/params.js";
import type { Learner } from "../learners/contract.js";
import { learners as all, learnerNamed } from "../learners/index.js";
import { isMllib, mllibLearner } from "../learners/mllib.js";
import type { CommonFlags, Context } from "./command.js";
import { table } from "./tables.js";

/** Every learner by its tasks; one of them with its parameters, their defaults and ranges. */
export async function learners(name: string | undefined, _flags: CommonFlags, context: Context): Promise<void> {
  const shown = name === undefined ? all : [isMllib(name) ? await mllibLearner(name) : learnerNamed(name)];
  if (name === undefined)
    context.print(
      `${table(
        ["learner", "tasks", "what it is"],
        shown.map((learner) => [learner.name, learner.tasks.join(", "), learner.doc]),
      )}\n\nsluice learners NAME tells its parameters. On a cluster also MLlib's, --learner mllib.GBTClassifier and others (docs/mllib-reference.md)`,
    );
  else printOne(shown[0]!, context);
  context.json({
    learners: shown.map(({ name, doc, tasks, params }) => ({
      name,
      doc,
      tasks,
      params: Object.entries(params).map(([param, declared]) => ({ name: param, ...declared })),
    })),
  });
}

function printOne({ name, doc, tasks, params }: Learner, context: Context): void {
  const declared = Object.entries(params);
  context.print(`${name}: ${doc}\nlearns ${tasks.join(", ")}`);
  context.print(declared.length === 0 ? "it takes no parameters" : "\nparameters, each as --param NAME=VALUE");
  for (const [param, about] of declared)
    context.print(`  ${param}=${about.default}  (${rangeOf(about)})\n      ${about.doc}`);
}

function rangeOf(param: Param): string {
  switch (param.kind) {
    case "real":
      return `a number from ${param.min} to ${param.max}`;
    case "integer":
      return `a whole number from ${param.min} to ${param.max}`;
    case "auto":
      return `auto, or a number from ${param.min} to ${param.max}`;
    case "choice":
      return `one of ${param.of.join(", ")}`;
    case "flag":
      return "true or false";
    case "text":
      return "text";
  }
}
