import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const project = join(import.meta.dirname, "../..");
const npm = (folder: string, ...args: string[]): string =>
  execFileSync("npm", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

describe("the package", () => {
  let empty: string;
  let packed: readonly string[];

  beforeAll(() => {
    empty = mkdtempSync(join(tmpdir(), "sluice-pack-"));
    const [told] = JSON.parse(npm(project, "pack", "--json", "--pack-destination", empty)) as {
      files: { path: string }[];
    }[];
    packed = told!.files.map(({ path }) => path);
    writeFileSync(join(empty, "package.json"), JSON.stringify({ name: "stranger", private: true, type: "module" }));
    const tgz = readdirSync(empty).find((name) => name.endsWith(".tgz"))!;
    npm(empty, "install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", `./${tgz}`);
  }, 300_000);
  afterAll(() => rmSync(empty, { recursive: true, force: true }));

  test("has the program, its types and its kernels, and no test or build leftovers", () => {
    for (const file of [
      "bin/sluice.cjs",
      "dist/index.js",
      "dist/index.d.ts",
      "dist/cli/main.js",
      "dist/kernels/kernels.wasm",
      "README.md",
      "LICENSE",
    ])
      expect(packed).toContain(file);
    expect(
      packed.filter((path) => /\.test\.|\.bench\.|testing\.|tsbuildinfo|^(src|test|bench|scripts)\//.test(path)),
    ).toEqual([]);
  });

  test("runs its command in an empty folder", () => {
    const help = spawnSync("npx", ["--no-install", "sluice", "--help"], { cwd: empty, encoding: "utf8" });
    expect(help.stderr.replace(/^npm warn .*$/gm, "").trim()).toBe("");
    expect(help.stdout).toContain("train");
    expect(help.status).toBe(0);
    const { version } = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as { version: string };
    const told = spawnSync("npx", ["--no-install", "sluice", "--version"], { cwd: empty, encoding: "utf8" });
    expect(told.stdout.trim()).toBe(version);
  });

  test("trains, judges and predicts in an empty folder", () => {
    const rows = Array.from({ length: 400 }, (_, i) => `${i % 20},${(i * 7) % 11},${i % 20 > 9 ? "yes" : "no"}`);
    writeFileSync(join(empty, "rows.csv"), `a,b,late\n${rows.join("\n")}\n`);
    const sluice = (...args: string[]) =>
      spawnSync("npx", ["--no-install", "sluice", ...args], { cwd: empty, encoding: "utf8" });
    const trained = sluice(
      "train",
      "rows.csv",
      "--label",
      "late",
      "--drop",
      "b",
      "--name",
      "late",
      "--json",
      "--cache",
      "cache",
    );
    expect(trained.stderr + (trained.status === 0 ? "" : trained.stdout)).not.toContain('"error"');
    expect((JSON.parse(trained.stdout) as { rows: { read: number } }).rows.read).toBe(400);
    expect(sluice("predict", "late", "rows.csv", "--to", "scored.csv", "--cache", "cache").status).toBe(0);
    expect(readdirSync(empty)).toContain("scored.csv");
  });

  test("trains, scores, asks and reports as a library imported by its name", () => {
    const rows = Array.from({ length: 400 }, (_, i) => `${i % 20},${i % 20 > 9 ? "yes" : "no"}`);
    writeFileSync(join(empty, "few.csv"), `a,late\n${rows.join("\n")}\n`);
    writeFileSync(
      join(empty, "use.mjs"),
      `import { csv, logistic, open, scorer } from "sluice";
       import { mllib } from "sluice/mllib";
       const sluice = await open({ memory: "600MB", home: "library", cache: "cache" });
       const late = await sluice.train({ data: csv("few.csv"), label: "late", learner: logistic() });
       const { rows } = await sluice.sql("SELECT count(*) AS n FROM 'few.csv'");
       const { report } = await sluice.report(late, { to: "late.html" });
       await sluice[Symbol.asyncDispose]();
       console.log(JSON.stringify({
         read: late.result.rows.read, low: scorer(late)({ a: 1 }).prediction, high: scorer(late)({ a: 18 }).prediction,
         rows, report, mllib: typeof mllib.gbtClassifier,
       }));`,
    );
    const told = execFileSync(process.execPath, ["use.mjs"], { cwd: empty, encoding: "utf8" });
    expect(JSON.parse(told)).toEqual({
      ...{ read: 400, low: "no", high: "yes", rows: [{ n: 400 }], mllib: "function" },
      report: join(realpathSync(empty), "late.html"),
    });
    expect(readFileSync(join(empty, "late.html"), "utf8")).toContain("</html>");
  });
});

describe("the checkout", () => {
  test("runs `npx sluice --help` after a build", () => {
    const help = spawnSync("npx", ["--no-install", "sluice", "--help"], { cwd: project, encoding: "utf8" });
    expect(help.stdout).toContain("train");
    expect(help.status).toBe(0);
  });
});
