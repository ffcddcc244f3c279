import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { judged, real } from "./real.js";

real("newsgroups20", "newsgroups20, given split (scikit-learn: words 0.798, tf-idf 0.848)", (where, at) => {
  const rows = [join(where, "train.parquet"), "--label", "newsgroup", "--test", join(where, "test.parquet")];
  const learner = ["--learner", "sparseLogistic"];
  test("by its words", { timeout: 180_000 }, async () => {
    const { accuracy } = await judged(at(), ...rows, ...learner, "--features", "text(text)");
    expect(accuracy).toBeGreaterThanOrEqual(0.79);
  });
  test("by tf-idf, which nobody had to ask for", { timeout: 180_000 }, async () => {
    const { accuracy } = await judged(at(), ...rows, ...learner);
    expect(accuracy).toBeGreaterThanOrEqual(0.82);
  });
});

real("sms-spam", "sms-spam, mod5 (scikit-learn: tf-idf 0.978, F1 0.921)", (where, at) => {
  test("on defaults", async () => {
    // A message may have quotes and commas in it: each line becomes a JSON object.
    const lines = readFileSync(join(where, "SMSSpamCollection"), "utf8").split("\n");
    const part = (name: string, forTest: boolean): string => {
      const own = lines.filter((line, i) => line !== "" && (i % 5 === 4) === forTest);
      const objects = own.map((line) => {
        const [label, message] = line.split("\t");
        return `${JSON.stringify({ label, message })}\n`;
      });
      return at().write(name, objects.join(""));
    };
    const [rows, held] = [part("train.jsonl", false), part("test.jsonl", true)];
    const task = ["--label", "label", "--positive", "spam", "--test", held];
    const { accuracy, f1 } = await judged(at(), rows, ...task, "--learner", "sparseLogistic");
    expect(accuracy).toBeGreaterThanOrEqual(0.97);
    expect(f1).toBeGreaterThanOrEqual(0.9);
  });
});
