// A source that changes under a run: the run stops with a clear error, and no model is made of two versions.
import { appendFileSync, copyFileSync, existsSync, openSync, rmSync, statSync, truncateSync, writeSync } from "node:fs";
import { extname, join } from "node:path";
import { mixedCsv, mixedTable } from "../data.mjs";
import { flagsOf } from "./learners.mjs";
import { line, seconds, tried } from "./lines.mjs";
import { clear, placesIn, start, whole } from "./training.mjs";

const promise = "changed source";

const changes = {
  changed: (path) => {
    const fd = openSync(path, "r+");
    writeSync(fd, Buffer.from("0"), 0, 1, Math.floor(statSync(path).size / 2));
  },
  removed: (path) => rmSync(path),
  shrunk: (path) => truncateSync(path, Math.floor(statSync(path).size * 0.7)),
  appended: (path) => appendFileSync(path, "1,2,3,4,5,6,Kiel,p7,8,1\n".repeat(1000)),
};

/** When: what the events on standard error must say first. */
const moments = {
  "before the features": ({ event, unit }) => event === "unit" && unit === "census",
  "while rows are encoded": ({ event, stage, rows }) => event === "stage" && stage === "training" && !rows,
  "between passes": ({ event, unit }) => event === "unit" && /^(scan|fold) [3-9]$/.test(unit),
};

export async function sourceTrials({ quick, learners, scratch, say }) {
  const rows = quick ? 100_000 : 3_000_000;
  const learner = learners.find(({ name }) => name === "logistic") ?? learners[0];
  const files = quick ? [await mixedTable(rows)] : [await mixedTable(rows), await mixedCsv(rows)];
  const lines = [];
  for (const file of files) {
    const trial = `${learner.name} on ${extname(file).slice(1)}`;
    const places = placesIn(scratch, "unchanged");
    const full = await whole(["train", file, ...flagsOf(learner), ...places.flags]);
    clear(places);
    for (const [when, at] of Object.entries(moments).slice(quick ? -1 : 0)) {
      say(`${promise}: ${trial}, ${when}`);
      lines.push(
        await tried(promise, `${trial}, ${when}`, () => changed(`${trial}, ${when}`, learner, file, at, full)),
      );
    }
  }
  return lines;

  async function changed(trial, learner, file, at, full) {
    const broken = [];
    const said = [];
    for (const [name, change] of Object.entries(changes)) {
      const copy = join(scratch, `copy${extname(file)}`);
      copyFileSync(file, copy);
      const places = placesIn(scratch, "source");
      let done = false;
      const running = start(["train", copy, ...flagsOf(learner), ...places.flags], {
        onEvent: (event) => {
          if (done || !at(event)) return;
          done = true;
          change(copy);
        },
      });
      const ran = await running.ended;
      if (!done) broken.push(`${name}: the moment never came`);
      else if (ran.json?.error?.code !== "changed_source")
        broken.push(`${name}: ended with ${ran.code}, ${JSON.stringify(ran.json?.error ?? "a model")}`);
      else said.push(`${name}: "${ran.json.error.message.replace(copy, "it").slice(0, 60)}..."`);
      if (existsSync(join(places.home, "models"))) broken.push(`${name}: a model was kept`);
      clear(places);
      rmSync(copy, { force: true });
    }
    return line(promise, trial, broken, `exit 3 each; ${said[0] ?? ""}; an undisturbed run ${seconds(full.seconds)}`);
  }
}
