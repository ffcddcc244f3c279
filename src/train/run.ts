import { join } from "node:path";
import { ioBytes } from "../base/ledger.js";
import { runDir } from "../runs/home.js";
import type { Workspace } from "../workspace/workspace.js";
import { openRun } from "./run-file.js";
import type { TrainEvents, TrainSpec, Warning } from "./spec.js";

/** One training: what was asked, where it works, and what it has to say. */
export interface Run {
  readonly id: string;
  readonly dir: string;
  /** Where rows go that do not fit. */
  readonly asideDir: string;
  readonly spec: TrainSpec;
  readonly seed: number;
  readonly workspace: Workspace;
  readonly events: TrainEvents;
  readonly warnings: Warning[];
  readonly assumed: string[];
  readonly startedMs: number;
  readonly io: ReturnType<typeof ioBytes>;
}

export function beginRun(id: string, spec: TrainSpec, workspace: Workspace, events: TrainEvents): Run {
  const dir = runDir(workspace.home, id);
  openRun(dir, spec);
  return {
    ...{ id, dir, spec, workspace, events },
    asideDir: join(dir, "aside"),
    seed: spec.seed ?? 7,
    warnings: [],
    assumed: [],
    startedMs: Date.now(),
    io: ioBytes(),
  };
}
