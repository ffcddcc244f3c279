// Runs that are killed at any moment and resumed: the same trials as the promise, with other moments for each seed.
import fc from "fast-check";
import { killSome } from "../promises/kill.mjs";
import { learnersNamed } from "../promises/learners.mjs";
import { must } from "./support.mjs";

export async function killsTarget({ scratch }) {
  const learners = learnersNamed();
  return {
    properties: {
      "a killed run resumes to the same model": {
        untimed: true,
        input: fc.record({
          learner: fc.constantFrom(...learners.map(({ name }) => name)),
          form: fc.constantFrom("CSV", "Parquet"),
          seed: fc.nat(),
        }),
        async holds({ learner, form, seed }) {
          const own = learners.find(({ name }) => name === learner);
          const { result, figures } = await killSome({ learner: own, form, kills: 2, scratch, seed });
          must(result === "held", figures);
        },
      },
    },
  };
}
