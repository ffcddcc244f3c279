import { SluiceError } from "../../../base/errors.js";
import type { SparkSession } from "../connection/session.js";
import type { Fetched } from "../frames/literals.js";
import type { Frame } from "../frames/plan.js";
import { deleteModels } from "./cache.js";
import { type Argument, fetch, fetchFrame, methodOf } from "./fetch.js";
import { type ModelName, modelFacts } from "./operator.js";

/** How a model does on some rows: an object on the server that answers the questions of a training summary. */
export class MllibSummary implements AsyncDisposable {
  readonly session: SparkSession;
  readonly id: string;
  readonly of: ModelName;

  constructor(session: SparkSession, id: string, of: ModelName) {
    this.session = session;
    this.id = id;
    this.of = of;
  }

  async attribute(name: string, ...args: readonly Argument[]): Promise<Fetched> {
    const { method, gives } = methodOf(`summary of ${this.of}`, modelFacts(this.of).summary, name, args);
    if (gives === "frame")
      throw new SluiceError("wrong_type", `${name} of the summary is a table; ask frame("${name}")`);
    return (await fetch(this.session, this.id, [method])).value ?? null;
  }

  frame(name: string, ...args: readonly Argument[]): Frame {
    const { method } = methodOf(`summary of ${this.of}`, modelFacts(this.of).summary, name, args);
    return fetchFrame(this.id, [method]);
  }

  dispose(): Promise<void> {
    return deleteModels(this.session, [this.id]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
