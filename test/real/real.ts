import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect } from "vitest";
import { accounted, type Place, place, type Told } from "../support/cli.js";
import { needs } from "../support/needs.js";

/** Trains on all of one file and gives the quality on the other, as `--json` tells it. */
export async function judged(at: Place, ...args: readonly string[]): Promise<Told> {
  const { json } = await at.sluice("train", ...args, "--validate", "none", "--json", "--quiet");
  expect(json.error).toBeUndefined();
  expect(accounted(json.rows)).toBe(true);
  return json.metrics.test;
}

/** Row numbers that leave 4 when divided by 5 are for the test. The bytes of a file stay what they are (latin-1 is one to one). */
export function mod5(at: Place, path: string, header: boolean): readonly [train: string, test: string] {
  const bytes = readFileSync(path);
  const lines = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("latin1").split(/\r?\n/);
  const head = header ? [lines.shift()!] : [];
  const rows = lines.filter((line) => line !== "");
  const part = (name: string, forTest: boolean): string => {
    const own = rows.filter((_, i) => (i % 5 === 4) === forTest);
    return at.write(name, Buffer.from([...head, ...own, ""].join("\n"), "latin1"));
  };
  return [part("train.csv", false), part("test.csv", true)];
}

/** Rows of `data.txt.gz` by the line numbers that `index_train_3.txt.gz` and its pair hold. */
export function fixedSplit(at: Place, where: string, split: number): readonly [train: string, test: string] {
  const lines = (name: string): string[] =>
    gunzipSync(readFileSync(join(where, `${name}.txt.gz`)))
      .toString()
      .trim()
      .split("\n");
  const rows = lines("data");
  const part = (name: string): string => {
    const own = lines(`index_${name}_${split}`).map((line) => rows[Number(line)]);
    return at.write(`${name}-${split}.csv`, `${own.join("\n")}\n`);
  };
  return [part("train"), part("test")];
}

/** A block on one data set, with a folder of its own. The figures in the titles are scikit-learn's, from the set's README. */
export function real(set: string, title: string, body: (where: string, at: () => Place) => void): void {
  needs.shared(set)(title, (where) => {
    let at: Place;
    beforeAll(() => {
      at = place();
    });
    afterAll(() => at[Symbol.dispose]());
    body(where, () => at);
  });
}
