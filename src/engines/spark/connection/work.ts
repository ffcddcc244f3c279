import type { Underway } from "../../contract.js";

/** Of a progress message of Spark Connect; it names all stages of its operation that are known so far. */
export interface StageProgress {
  readonly stageId: bigint;
  readonly numTasks: bigint;
  readonly numCompletedTasks: bigint;
  readonly inputBytesRead: bigint;
  readonly done: boolean;
}

/** What one operation tells while it runs. */
export interface Telling {
  tell(stages: readonly StageProgress[]): void;
  end(): void;
}

/** The work of one session on its cluster: counted from its beginning, and what of it runs at this moment. */
export class Work {
  operations = 0;
  /** Told what runs whenever that changes, nothing when nothing runs any more. */
  listener: ((underway: Underway | undefined) => void) | undefined;
  readonly #stages = new Map<bigint, { tasks: number; bytes: number }>();
  readonly #running = new Map<symbol, readonly StageProgress[]>();

  begin(): Telling {
    const operation = Symbol();
    this.operations++;
    return {
      tell: (stages) => {
        for (const { stageId, numTasks, inputBytesRead } of stages)
          this.#stages.set(stageId, { tasks: Number(numTasks), bytes: Number(inputBytesRead) });
        this.#running.set(operation, stages);
        this.listener?.(this.underway);
      },
      end: () => {
        if (this.#running.delete(operation)) this.listener?.(this.underway);
      },
    };
  }

  get totals(): { stages: number; tasks: number; inputBytes: number } {
    let [tasks, inputBytes] = [0, 0];
    for (const stage of this.#stages.values()) {
      tasks += stage.tasks;
      inputBytes += stage.bytes;
    }
    return { stages: this.#stages.size, tasks, inputBytes };
  }

  /** Summed over the operations that run; nothing before the first stage is known. */
  get underway(): Underway | undefined {
    const stages = [...this.#running.values()].flat();
    if (stages.length === 0) return undefined;
    const sum = (of: (stage: StageProgress) => bigint): number =>
      stages.reduce((total, stage) => total + Number(of(stage)), 0);
    return {
      stage: Math.min(stages.length, 1 + stages.filter(({ done }) => done).length),
      stages: stages.length,
      tasksDone: sum((stage) => stage.numCompletedTasks),
      tasks: sum((stage) => stage.numTasks),
      inputBytes: sum((stage) => stage.inputBytesRead),
    };
  }
}
