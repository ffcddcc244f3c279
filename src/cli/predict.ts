import { formatBytes, formatCount } from "../base/units.js";
import { predictFile } from "../predict/predict.js";
import { loadKept } from "../train/kept.js";
import {
  type CommonFlags,
  type Context,
  dataOptionsOf,
  homeOf,
  openWorkspace,
  type SourceFlags,
  tellCluster,
} from "./command.js";
import { visible } from "./visible.js";
import { watching } from "./watch.js";

export async function predict(
  ref: string,
  sources: readonly string[],
  flags: CommonFlags & SourceFlags & { to: string; keep?: string; overwrite?: boolean },
  context: Context,
): Promise<void> {
  const { model, ref: found } = loadKept(await homeOf(flags), ref);
  await using workspace = await openWorkspace(flags, context.signal, { sources });
  const keep = flags.keep
    ?.split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const done = await watching(workspace, flags, "scoring", () =>
    predictFile(
      model,
      sources,
      {
        ...dataOptionsOf(flags),
        to: flags.to,
        ...(keep ? { keep } : {}),
        ...(flags.overwrite ? { overwrite: true } : {}),
      },
      workspace,
    ),
  );
  const say =
    flags.to === "-"
      ? (text: string): void =>
          void (flags.quiet || flags.json || process.stderr.write(`${visible(text, process.stderr)}\n`))
      : context.print;
  for (const note of done.notes) say(`note: ${note}`);
  say(
    `${formatCount(done.rows)} rows scored by ${found} to ${done.to} (${formatBytes(done.bytes)})${done.errors > 0 ? `; ${formatCount(done.errors)} could not be scored, their "error" says why` : ""}`,
  );
  context.json({
    model: found,
    rows: done.rows,
    scored: done.rows - done.errors,
    setAside: done.setAside,
    errors: done.errors,
    bytes: done.bytes,
    to: done.to,
    notes: done.notes,
    ...(flags.to === "-" ? {} : await tellCluster(workspace, context)),
  });
}
