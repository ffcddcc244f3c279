import { formatBytes, formatSeconds } from "../../../base/units.js";
import type { Happened } from "../../contract.js";
import { driverPage } from "./driver-page.js";
import type { SparkSession } from "./session.js";

interface Stage {
  readonly stageId: number;
  readonly attemptId: number;
  readonly name: string;
  readonly numTasks: number;
  readonly inputBytes: number;
  readonly shuffleReadBytes: number;
  readonly shuffleWriteBytes: number;
  readonly memoryBytesSpilled: number;
  readonly diskBytesSpilled: number;
  readonly executorRunTime: number;
  readonly executorCpuTime: number;
  readonly jvmGcTime: number;
}

/**
 * What the cluster did for one session: from its progress messages, and more from the driver's page (spark.ui.port, 4040) where that
 * can be reached.
 */
export async function happened(session: SparkSession): Promise<Happened> {
  const { operations, totals } = session.work;
  try {
    const { stages, cores, skew } = await stagesOf(session);
    const sum = (of: (stage: Stage) => number): number => stages.reduce((total, stage) => total + of(stage), 0);
    const runMs = sum((stage) => stage.executorRunTime);
    const detail = {
      shuffleReadBytes: sum((stage) => stage.shuffleReadBytes),
      shuffleWriteBytes: sum((stage) => stage.shuffleWriteBytes),
      spilledBytes: sum((stage) => stage.diskBytesSpilled),
      runSeconds: runMs / 1000,
      cpuSeconds: sum((stage) => stage.executorCpuTime) / 1e9,
      gcShare: runMs === 0 ? 0 : sum((stage) => stage.jvmGcTime) / runMs,
      skew,
      cores,
    };
    const tasks = sum((stage) => stage.numTasks);
    const inputBytes = sum((stage) => stage.inputBytes);
    return {
      operations,
      stages: stages.length,
      tasks,
      inputBytes,
      detail,
      advice: adviceFor(detail, tasks, stages.length),
    };
  } catch (error) {
    const { stages, tasks, inputBytes } = totals;
    return {
      operations,
      stages,
      tasks,
      inputBytes,
      without: (error as Error).message,
      advice: `spill, skew and garbage collection are not known: ${(error as Error).message}`,
    };
  }
}

async function stagesOf(session: SparkSession): Promise<{ stages: Stage[]; cores: number; skew: number }> {
  const { get, cores } = await driverPage(session);
  const jobs = await get<{ jobTags?: string[]; stageIds: number[] }[]>("/jobs");
  const ours = new Set(
    jobs
      .filter(({ jobTags }) => jobTags?.some((tag) => tag.includes(session.sessionId)))
      .flatMap(({ stageIds }) => stageIds),
  );
  const all = await get<Stage[]>("/stages?status=complete");
  const stages = all.filter(({ stageId }) => ours.has(stageId));
  const [longest] = [...stages].sort((a, b) => b.executorRunTime - a.executorRunTime);
  let skew = 1;
  if (longest && longest.numTasks > 1) {
    const summary = await get<{ duration?: number[]; executorRunTime: number[] }>(
      `/stages/${longest.stageId}/${longest.attemptId}/taskSummary?quantiles=0.5,1.0`,
    );
    const [median = 1, most = 1] = summary.executorRunTime;
    skew = most / Math.max(1, median);
  }
  return { stages, cores: await cores(), skew };
}

/** The one thing that held the work up most, in words. */
function adviceFor(detail: NonNullable<Happened["detail"]>, tasks: number, stages: number): string {
  const { spilledBytes, gcShare, skew, shuffleWriteBytes, runSeconds, cpuSeconds, cores } = detail;
  if (spilledBytes > 100e6)
    return `${formatBytes(spilledBytes)} went to disk for want of memory: more spark.executor.memory, or more partitions (spark.sql.shuffle.partitions)`;
  if (runSeconds < 5)
    return `little work (${formatSeconds(runSeconds)} of tasks on ${cores} cores): starting it took longer`;
  if (gcShare > 0.15)
    return `${Math.round(gcShare * 100)} % of the tasks' time was garbage collection: more spark.executor.memory, or fewer cores an executor`;
  if (skew > 4 && runSeconds > 10)
    return `the longest task took ${skew.toFixed(1)} times the median one: its partition has most of the rows; repartition the source by another column`;
  if (tasks < cores * stages)
    return `fewer tasks (${tasks} in ${stages} stages) than the ${cores} cores could take: write the source as more files, or lower spark.sql.files.maxPartitionBytes`;
  if (shuffleWriteBytes > 1e9)
    return `${formatBytes(shuffleWriteBytes)} were moved between executors: fewer distinct groups, or broadcast the smaller side`;
  if (runSeconds > 5 && cpuSeconds < 0.5 * runSeconds)
    return `tasks computed for ${formatSeconds(cpuSeconds)} of ${formatSeconds(runSeconds)}: the rest was waiting for storage; bring the data nearer, or compress it`;
  return `no single thing held it up: ${formatSeconds(runSeconds)} of tasks on ${cores} cores; more cores would make it shorter`;
}
