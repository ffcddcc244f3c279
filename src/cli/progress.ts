import { formatBytes, formatCount, formatSeconds } from "../base/units.js";
import type { Underway } from "../engines/contract.js";
import { coloursOf } from "./colours.js";
import { cut, displayWidth } from "./tables.js";
import { visible } from "./visible.js";

export interface ProgressOptions {
  readonly stream: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly tty?: boolean;
  readonly budgetBytes?: number;
  /** For tests: milliseconds, a timer, and what the process takes. */
  readonly now?: () => number;
  readonly every?: (ms: number, tick: () => void) => () => void;
  readonly rssBytes?: () => number;
}

export interface ProgressUpdate {
  /** Of the current pass. */
  readonly rows?: number;
  readonly totalRows?: number;
  readonly rowsPerSecond?: number;
  readonly pass?: number;
  readonly passes?: number;
  readonly etaSeconds?: number;
  readonly rssBytes?: number;
  readonly budgetBytes?: number;
}

export interface Progress {
  stage(name: string, plan?: { readonly rows?: number; readonly passes?: number }): void;
  update(update: ProgressUpdate): void;
  /** What a cluster is at for us, nothing when it has nothing to do; it stays as stages of ours come and go. */
  cluster(underway: Underway | undefined): void;
  /** For programs that watch: which unit of work begins. */
  unit(name: string): void;
  /** A sentence that is said at once. */
  note(text: string): void;
  done(): void;
}

/** Quick work shows nothing; then a line on a terminal is redrawn, elsewhere a plain line comes from time to time. */
const silentMs = 2000;
const redrawMs = 100;
const jsonMs = 1000;
const plainMs = 5000;

const nothing: Progress = {
  stage: () => {},
  update: () => {},
  cluster: () => {},
  unit: () => {},
  note: () => {},
  done: () => {},
};

/** What a long piece of work shows while it runs: stage, rows, rate, pass, time left, resident memory of the budget. */
export function progress(options: ProgressOptions): Progress {
  if (options.quiet) return nothing;
  const { stream, json = false, tty = stream.isTTY === true && process.env["TERM"] !== "dumb" } = options;
  const now = options.now ?? (() => performance.now());
  const rss = options.rssBytes ?? (() => process.memoryUsage.rss());
  const redraw = tty && !json;
  const colours = coloursOf(stream);
  const started = now();
  const gap = json ? jsonMs : redraw ? redrawMs : plainMs;
  let stage = "";
  let stageFrom = started;
  let passFrom = started;
  let passRows = 0;
  let latest: ProgressUpdate = {};
  let cluster: Underway | undefined;
  let shownAt = Number.NEGATIVE_INFINITY;
  let drawn = false;
  let ended = false;

  const facts = (): Facts => {
    const seconds = (now() - stageFrom) / 1000;
    const inPass = (now() - passFrom) / 1000;
    const rowsPerSecond =
      latest.rowsPerSecond ??
      (latest.rows !== undefined && inPass > 0.2 ? (latest.rows - passRows) / inPass : undefined);
    const { rows, totalRows, pass = 1, passes = pass } = latest;
    const left =
      totalRows === undefined || rows === undefined
        ? undefined
        : totalRows - rows + Math.max(0, passes - pass) * totalRows;
    const etaSeconds =
      latest.etaSeconds ?? (left !== undefined && rowsPerSecond ? Math.max(0, left) / rowsPerSecond : undefined);
    const budgetBytes = latest.budgetBytes ?? options.budgetBytes;
    return {
      ...latest,
      ...(cluster === undefined ? {} : { cluster }),
      seconds,
      rssBytes: latest.rssBytes ?? rss(),
      ...(rowsPerSecond === undefined ? {} : { rowsPerSecond: Math.round(rowsPerSecond) }),
      ...(etaSeconds === undefined ? {} : { etaSeconds }),
      ...(budgetBytes === undefined ? {} : { budgetBytes }),
    };
  };

  const sinceStart = (): number => round((now() - started) / 1000);
  const show = (): void => {
    const at = now();
    if (ended || stage === "" || at - started < silentMs || at - shownAt < gap) return;
    shownAt = at;
    const found = facts();
    if (json) stream.write(`${JSON.stringify({ event: "progress", stage, ...rounded(found) })}\n`);
    else if (redraw) {
      // The last column stays free, so that no terminal wraps.
      stream.write(`\r${painted(cut(lineOf(stage, found), (stream.columns ?? 80) - 1), stage, colours)}\u001b[K`);
      drawn = true;
    } else stream.write(`${lineOf(stage, found)}\n`);
  };

  const every =
    options.every ??
    ((ms, tick) => {
      const timer = setInterval(tick, ms);
      timer.unref();
      return () => clearInterval(timer);
    });
  const stop = every(redraw ? 500 : 1000, show);

  return {
    stage(name, plan = {}) {
      if (ended) return;
      stage = name;
      stageFrom = passFrom = now();
      passRows = 0;
      latest = {
        ...(plan.rows === undefined ? {} : { totalRows: plan.rows }),
        ...(plan.passes === undefined ? {} : { passes: plan.passes }),
      };
      if (json) stream.write(`${JSON.stringify({ event: "stage", stage, seconds: sinceStart() })}\n`);
      if (!json) shownAt = redraw ? Number.NEGATIVE_INFINITY : shownAt;
      show();
    },
    update(update) {
      const again = (update.pass ?? latest.pass) !== latest.pass || (update.rows ?? 0) < (latest.rows ?? 0);
      if (again) {
        passFrom = now();
        passRows = update.rows ?? 0;
      }
      latest = { ...latest, ...update };
      show();
    },
    cluster(underway) {
      cluster = underway;
      show();
    },
    unit(name) {
      if (json) stream.write(`${JSON.stringify({ event: "unit", unit: name, seconds: sinceStart() })}\n`);
    },
    note(text) {
      stream.write(json ? `${JSON.stringify({ event: "note", note: text })}\n` : `${visible(text, stream)}\n`);
    },
    done() {
      if (ended) return;
      ended = true;
      stop();
      if (drawn) stream.write("\r\u001b[K");
    },
  };
}

type Facts = ProgressUpdate & { readonly seconds: number; readonly cluster?: Underway };

function lineOf(stage: string, facts: Facts): string {
  const { rows, totalRows, rowsPerSecond, pass, passes, etaSeconds, rssBytes, budgetBytes, seconds, cluster } = facts;
  const share = rows !== undefined && totalRows ? ` (${Math.min(100, Math.floor((100 * rows) / totalRows))} %)` : "";
  const parts = [
    cluster === undefined ? "" : underwayLine(cluster),
    pass === undefined || pass === 0
      ? ""
      : `pass ${pass}${passes !== undefined && passes >= pass ? ` of ${passes}` : ""}`,
    rows === undefined ? "" : `${formatCount(rows)}${totalRows ? ` of ${formatCount(totalRows)}` : ""} rows${share}`,
    rowsPerSecond ? `${formatCount(rowsPerSecond)} rows/s` : "",
    etaSeconds === undefined ? formatSeconds(seconds) : `${formatSeconds(etaSeconds)} left`,
    rssBytes === undefined ? "" : `${formatBytes(rssBytes)}${budgetBytes ? ` of ${formatBytes(budgetBytes)}` : ""}`,
  ];
  return [stage, ...parts.filter((part) => part !== "")].join(" · ");
}

const underwayLine = ({ stage, stages, tasksDone, tasks, inputBytes }: Underway): string =>
  `stage ${stage} of ${stages}, ${formatCount(tasksDone)} of ${formatCount(tasks)} tasks${inputBytes > 0 ? `, ${formatBytes(inputBytes)} read` : ""}`;

const painted = (line: string, stage: string, { cyan, dim }: ReturnType<typeof coloursOf>): string =>
  displayWidth(line) > stage.length && line.startsWith(stage) ? cyan(stage) + dim(line.slice(stage.length)) : line;

const round = (value: number): number => Math.round(value * 10) / 10;
const rounded = (facts: Facts) => ({
  ...facts,
  seconds: round(facts.seconds),
  ...(facts.etaSeconds === undefined ? {} : { etaSeconds: round(facts.etaSeconds) }),
});
