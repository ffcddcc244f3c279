// Profiles each file named on standard input and trains on it, as the two commands of the built product would, and tells
// what came of it in one line of JSON: `oddity.ts` reads them, and ends this process when a line is late.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const dist = new URL("../../dist/", import.meta.url);
const load = (path) => import(new URL(path, dist).href);
const { fail } = await load("cli/command.js");
const { profile } = await load("cli/profile.js");
const { homeAt } = await load("runs/home.js");
const { trainModel } = await load("train/train.js");
const { Workspace } = await load("workspace/workspace.js");

const place = { home: join(process.argv[2], "home"), cache: join(process.argv[2], "cache") };
const flags = { ...place, json: true, quiet: true, memory: "400MB", threads: "1", seed: "7", sampleRows: "10000" };
const workspace = await Workspace.open({ memoryBytes: 400e6, threads: 1, home: homeAt(place) });

async function tell(file, command, work) {
  const outcome = await work().then(
    (facts) => ({ exit: 0, ...facts }),
    (error) => {
      let text = "";
      const exit = fail(error, flags, 0, { write: (part) => (text += part) });
      const { code, message } = JSON.parse(text).error;
      return { exit, code, message: exit === 70 ? error.stack : message };
    },
  );
  process.stdout.write(`${JSON.stringify({ file, command, ...outcome })}\n`);
}

for (const file of readFileSync(0, "utf8").trim().split("\n")) {
  let columns = [];
  await tell(file, "profile", async () => {
    let told;
    const signal = new AbortController().signal;
    await profile([file], flags, { signal, flags, print: () => {}, json: (value) => (told = value) });
    columns = told.columns;
    return { profiled: told.rows + told.setAside };
  });
  // The last column that could be learned, so that as many trainings as possible run to their end.
  const { name } = columns.findLast(({ distinct }) => distinct >= 2) ?? columns.at(-1) ?? { name: "label" };
  const label = `"${name.replaceAll('"', '""')}"`;
  await tell(file, "train", async () => {
    const spec = { sources: [file], label, badRows: "keep-aside", params: { maxPasses: 4 } };
    return { rows: (await trainModel(spec, workspace)).result.rows };
  });
}
await workspace[Symbol.asyncDispose]();
