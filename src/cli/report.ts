import { spawn } from "node:child_process";
import { insightOfRun, reportable, sourcesOf, writeReport } from "../report/write.js";
import { type CommonFlags, type Context, homeOf, openWorkspace } from "./command.js";

export async function report(
  ref: string,
  flags: CommonFlags & { to?: string; open?: boolean; against?: readonly string[] },
  context: Context,
): Promise<void> {
  const home = await homeOf(flags);
  const details = reportable(home, ref);
  const against = (flags.against ?? []).map((one) => reportable(home, one));
  const sources = sourcesOf(home, details);
  const insight = await insightOfRun(
    details,
    home,
    async (work) => {
      await using workspace = await openWorkspace(flags, context.signal, { sources });
      return await work(workspace);
    },
    context.print,
  );
  const file = await writeReport(details, home, { to: flags.to, against, insight });
  context.print(file);
  if (flags.open) {
    const opener = process.platform === "darwin" ? "open" : process.platform === "win32" ? "explorer" : "xdg-open";
    spawn(opener, [file], { detached: true, stdio: "ignore" })
      .on("error", () => context.print(`no browser could be started; open the file yourself`))
      .unref();
  }
  context.json({ model: details.result.model, report: file });
}
