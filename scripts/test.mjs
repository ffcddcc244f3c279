// `npm test` and `npm run test:quick`: build, checks, tests, and one plain closing line that is the truth.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { setUpPeers } from "../bench/peers.mjs";
import { lacksForSpark, optional, sparkEnvironments, wantedSpark } from "./optional.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
/** What takes long for what it says early: whole trainings by the command, real data, clusters, the same over many budgets and orders. */
const notQuick = [
  "test/journey/**",
  "test/truth/**",
  "test/scale/**",
  "test/real/**",
  "test/spark/**",
  "test/contract/one-model.test.ts",
  "test/contract/text.test.ts",
  "src/train/sorted.test.ts",
];
const quick = process.argv.includes("--quick");
const requireAll = process.env.SLUICE_REQUIRE_ALL === "1";
const scratch = mkdtempSync(join(tmpdir(), "sluice-test-"));
const counts = { passed: 0, failed: 0, skipped: 0 };
let forbiddenSkips = 0;

try {
  announce();
  check("build", ["scripts/build.mjs"]);
  check("types", ["node_modules/typescript/bin/tsc", "--noEmit", "-p", "tsconfig.test.json"]);
  check("lint and format", ["node_modules/@biomejs/biome/bin/biome", "check", "src", "test", "bench", "scripts"]);
  runTests();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = counts.failed + forbiddenSkips > 0 ? 1 : 0;
if (forbiddenSkips > 0) console.log(`FAILED as a whole: ${forbiddenSkips} skipped under SLUICE_REQUIRE_ALL=1`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);

function announce() {
  if (!quick && optional.python().missing) {
    console.log("Setting up the Python peers (numpy, scikit-learn, pyarrow, pandas) in a cached environment ...");
    try {
      setUpPeers();
    } catch (error) {
      console.log(`  not possible: ${error.message}`);
    }
  }
  const { version } = wantedSpark();
  if (!quick && version && !lacksForSpark() && optional.spark().missing) {
    console.log(`Setting up Spark ${version} (pyspark from PyPI, about 500 MB) in a cached environment ...`);
    try {
      setUpPeers(sparkEnvironments[version]);
    } catch (error) {
      console.log(`  not possible: ${error.message}`);
    }
  }
  const wanted = {
    Chromium: optional.chromium(),
    "Python peers": optional.python(),
    Spark: quick ? { missing: "a quick run starts none" } : optional.spark(),
    "memory cgroup": optional.root(),
    "small disks": optional.disks(),
    "../shared/data": optional.shared(),
  };
  for (const [name, { where, missing }] of Object.entries(wanted))
    console.log(where ? `has    ${name}: ${where}` : `LACKS  ${name}: ${missing}`);
  if (requireAll) console.log("SLUICE_REQUIRE_ALL=1: a skipped test is a failure");
}

function check(name, args) {
  const started = performance.now();
  const { status } = node(args, "inherit");
  const ok = status === 0;
  counts[ok ? "passed" : "failed"]++;
  console.log(`${ok ? "ok    " : "FAILED"} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}

function runTests() {
  const report = join(scratch, "report.json");
  const left = quick ? notQuick.flatMap((files) => ["--exclude", files]) : [];
  const { status } = node(
    [
      "node_modules/vitest/vitest.mjs",
      "run",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...left,
    ],
    "inherit",
  );
  const results = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")).testResults : [];
  let failed = 0;
  for (const { name: file, status: fileStatus, assertionResults: tests, message } of results) {
    const place = relative(root, file);
    if (fileStatus === "failed" && !tests.some((test) => test.status === "failed")) {
      failed++;
      console.log(`FAILED ${place}: ${(message || "it did not run to its end").split("\n")[0]}`);
    }
    for (const { status: state, fullName } of tests) {
      if (state === "passed") counts.passed++;
      else if (state === "failed") {
        failed++;
        console.log(`FAILED ${place}: ${fullName}`);
      } else skip(place, fullName);
    }
  }
  if (failed === 0 && (status !== 0 || results.length === 0)) {
    failed++;
    console.log(`FAILED the test runner ended with ${status} after ${results.length} files: see its own words above`);
  }
  counts.failed += failed;
}

function skip(place, fullName) {
  counts.skipped++;
  console.log(`SKIPPED ${place}: ${fullName}`);
  if (requireAll && !fullName.includes("[does not apply: ")) forbiddenSkips++;
}

function node(args, stdio) {
  const env = { ...process.env, SLUICE_HOME: join(scratch, "home"), SLUICE_CACHE: join(scratch, "cache") };
  return spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", stdio, stdio], env });
}
