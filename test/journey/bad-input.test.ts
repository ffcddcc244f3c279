import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readdirSync, truncateSync, utimesSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accounted, place, type Ran, type Told } from "../support/cli.js";
import { asCsv, deliveries, numbersCsv } from "../support/deliveries.js";
import { duck } from "../support/duck.js";
import { describeWith } from "../support/needs.js";

const at = place();
const disk = smallDisk();
const rows = deliveries(400);
const csv = asCsv(rows);
/** The file with other cells in one column, where `change` gives one. */
const cells = (column: number, change: (row: number) => string | undefined): string =>
  csv
    .trimEnd()
    .split("\n")
    .map((line, i) => {
      const own = line.split(",");
      if (i > 0) own[column] = change(i - 1) ?? own[column]!;
      return own.join(",");
    })
    .join("\n");
const late = ["rows.csv", "--label", "late", "--drop", "minutes,size"];

beforeAll(async () => {
  at.write("rows.csv", csv);
  at.write("empty.csv", "");
  at.write("header.csv", csv.split("\n")[0]!);
  at.write("one.csv", `late\n${rows.map(({ late }) => late ?? "").join("\n")}\n`);
  at.write(
    "unlabelled.csv",
    cells(8, () => ""),
  );
  at.write(
    "far.csv",
    cells(4, (row) => (row === 210 ? "far" : undefined)),
  );
  at.write(
    "infinite.csv",
    cells(4, (row) => (row % 40 === 7 ? "inf" : undefined)),
  );
  at.write(
    "nan.csv",
    cells(4, (row) => (row % 40 === 7 ? "NaN" : undefined)),
  );
  at.write(
    "owing.csv",
    cells(5, () => "-2"),
  );
  const zipped = gzipSync(csv);
  at.write("short.csv.gz", zipped.subarray(0, zipped.length - 900));
  at.write("broken.csv.gz", Buffer.concat([zipped.subarray(0, 1000), Buffer.alloc(200, 7), zipped.subarray(1200)]));
  await duck(`COPY (FROM read_csv('${at.path("rows.csv")}')) TO '${at.path("rows.parquet")}' (FORMAT parquet)`);
  for (const [name, bytes] of [
    ["headless", 40],
    ["footless", 4000],
  ] as const) {
    execFileSync("cp", [at.path("rows.parquet"), at.path(`${name}.parquet`)]);
    truncateSync(at.path(`${name}.parquet`), bytes);
  }
  expect((await at.sluice("train", ...late, "--name", "late")).code).toBe(0);
});
afterAll(() => {
  if ("where" in disk) execFileSync("umount", [disk.where]);
  at[Symbol.dispose]();
});

/** What a user's folder holds beside the cache, whose files may stay for the next attempt. */
const files = (): string[] =>
  readdirSync(at.dir, { recursive: true, encoding: "utf8" })
    .filter((name) => !name.startsWith("cache"))
    .sort();

async function refused(
  ...args: readonly string[]
): Promise<
  Ran & { readonly code: number; readonly error: { code: string; message: string } & Record<string, unknown> }
> {
  const before = files();
  const ran = await at.sluice(...args, "--json");
  expect(files()).toEqual(before);
  expect(ran.seconds).toBeLessThan(5);
  return { ...ran, error: ran.json.error };
}

describe("train refuses", () => {
  test.each([
    {
      what: "a file that is not there",
      args: ["row.csv", "--label", "late"],
      code: "missing_file",
      exit: 2,
      says: /"row\.csv"; did you mean "rows\.csv"/,
    },
    {
      what: "an empty file",
      args: ["empty.csv", "--label", "late"],
      code: "empty_source",
      exit: 3,
      says: /empty\.csv is empty/,
    },
    {
      what: "a header alone",
      args: ["header.csv", "--label", "late"],
      code: "empty_source",
      exit: 3,
      says: /header\.csv has no rows/,
    },
    {
      what: "the label as the only column",
      args: ["one.csv", "--label", "late"],
      code: "no_features",
      exit: 3,
      says: /no column is left to learn from/,
    },
    {
      what: "a filter that leaves no row",
      args: ["rows.csv", "--label", "late", "--where", "distance > 5000"],
      code: "no_rows",
      exit: 3,
      says: /after --where distance > 5000; 400 rows were read/,
    },
    {
      what: "a label of one class",
      args: ["rows.csv", "--label", "minutes > 0"],
      code: "one_class",
      exit: 3,
      says: /one class only: true in every row/,
    },
    {
      what: "a label that is always missing",
      args: ["unlabelled.csv", "--label", "late"],
      code: "no_labels",
      exit: 3,
      says: /"late" is missing in every row/,
    },
    {
      what: "an unknown column",
      args: ["rows.csv", "--label", "latte"],
      code: "unknown_column",
      exit: 2,
      says: /no column "latte" here; did you mean "late"/,
    },
    {
      what: "an unknown column to drop",
      args: ["rows.csv", "--label", "late", "--drop", "minuts"],
      code: "unknown_column",
      exit: 2,
      says: /did you mean "minutes"/,
    },
    {
      what: "an unknown function",
      args: ["rows.csv", "--label", "sqr(distance) > 3"],
      code: "unknown_function",
      exit: 2,
      says: /no function "sqr"; did you mean "sqrt"/,
    },
    {
      what: "a formula that does not parse",
      args: ["rows.csv", "--label", "distance > > 3"],
      code: "bad_formula",
      exit: 2,
      says: /a value is expected here, not ">":\n {2}distance > > 3\n {13}\^/,
    },
    {
      what: "a comparison of text with a number",
      args: ["rows.csv", "--label", "vehicle > 3"],
      code: "wrong_type",
      exit: 2,
      says: /vehicle > 3 needs text/,
    },
    {
      what: "a numeric stage on text",
      args: [...late, "--features", "standardise(vehicle)"],
      code: "wrong_type",
      exit: 2,
      says: /vehicle is text; standardise takes/,
    },
    {
      what: "a cell that is not of the column's type",
      args: ["far.csv", "--label", "late", "--type", "distance=real"],
      code: "bad_row",
      exit: 3,
      says: /far\.csv, row 211, column "distance": "far".*--type distance=text.*--bad-rows keep-aside/,
    },
    {
      what: "infinity",
      args: ["infinite.csv", "--label", "late"],
      code: "not_finite",
      exit: 3,
      says: /infinite\.csv, column "distance".*--where/,
    },
    {
      what: "an unknown learner",
      args: [...late, "--learner", "logistc"],
      code: "unknown_name",
      exit: 2,
      says: /no learner "logistc"; did you mean "logistic"/,
    },
    {
      what: "an unknown parameter",
      args: [...late, "--param", "penlty=1"],
      code: "bad_parameter",
      exit: 2,
      says: /no parameter "penlty"; did you mean "penalty"/,
    },
    {
      what: "a parameter out of its range",
      args: [...late, "--param", "penalty=-1"],
      code: "bad_parameter",
      exit: 2,
      says: /penalty is "-1"; it must be a number from 0/,
    },
    {
      what: "a learner for another task",
      args: ["rows.csv", "--label", "late", "--learner", "linear"],
      code: "usage",
      exit: 2,
      says: /linear learns regression/,
    },
    {
      what: "an unknown flag",
      args: [...late, "--lerner", "sgd"],
      code: "usage",
      exit: 2,
      says: /unknown option '--lerner'.*did you mean --learner/is,
    },
    { what: "no label", args: ["rows.csv"], code: "usage", exit: 2, says: /--label/ },
    {
      what: "a wrong class as positive",
      args: [...late, "--positive", "maybe"],
      code: "usage",
      exit: 2,
      says: /classes no, yes/,
    },
    {
      what: "a split that leaves nothing",
      args: [...late, "--validate", "random:1"],
      code: "usage",
      exit: 2,
      says: /take one below 1/,
    },
    {
      what: "text as a weight",
      args: [...late, "--weight", "vehicle"],
      code: "wrong_type",
      exit: 2,
      says: /--weight vehicle: the column is text; it must be a number/,
    },
    {
      what: "a weight below nought",
      args: ["owing.csv", "--label", "late", "--weight", "weight"],
      code: "bad_row",
      exit: 3,
      says: /owing\.csv, column "weight": "-2" is a weight below 0.*--where 'weight > 0'/,
    },
    {
      what: "a name that can't be one",
      args: [...late, "--name", "late/mine"],
      code: "usage",
      exit: 2,
      says: /"late\/mine" can't name a model/,
    },
    {
      what: "a size that is none",
      args: [...late, "--memory", "lots"],
      code: "usage",
      exit: 2,
      says: /write it like 512MB/,
    },
    {
      what: "a gzip file that ends early",
      args: ["short.csv.gz", "--label", "late"],
      code: "unreadable_source",
      exit: 3,
      says: /short\.csv\.gz is not a whole gzip file/,
    },
    {
      what: "a gzip file with wrong bytes",
      args: ["broken.csv.gz", "--label", "late"],
      code: "unreadable_source",
      exit: 3,
      says: /broken\.csv\.gz is not a whole gzip file/,
    },
    {
      what: "a Parquet file cut short",
      args: ["footless.parquet", "--label", "late"],
      code: "unreadable_source",
      exit: 3,
      says: /footless\.parquet/,
    },
    {
      what: "hardly any Parquet file",
      args: ["headless.parquet", "--label", "late"],
      code: "unreadable_source",
      exit: 3,
      says: /headless\.parquet/,
    },
  ])("$what", async ({ args, code, exit, says }) => {
    const ran = await refused("train", ...args);
    expect(ran.error.message).toMatch(says);
    expect([ran.error.code, ran.code]).toEqual([code, exit]);
  });

  test("a command that is none, with the nearest one", async () => {
    const ran = await refused("trian", "rows.csv");
    expect([ran.error.code, ran.code]).toEqual(["usage", 2]);
    expect(ran.error.message).toContain("train");
  });

  test("for a person in plain words on standard error, and nothing on standard output", async () => {
    const ran = await at.sluice("train", "row.csv", "--label", "late");
    expect([ran.code, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).toBe('sluice: no file "row.csv"; did you mean "rows.csv"?\n');
  });
});

describe("train goes on", () => {
  test("with NaN as a missing number", async () => {
    const { json } = await at.sluice("train", "nan.csv", "--label", "late", "--drop", "minutes,size", "--json");
    expect(json.features.map(({ name }: { name: string }) => name)).toContain("distance is missing");
    expect(accounted(json.rows)).toBe(true);
  });

  test("without a row that does not fit, when told to keep it aside", async () => {
    const flags = ["--label", "late", "--drop", "minutes,size", "--type", "distance=real", "--bad-rows", "keep-aside"];
    const { json } = await at.sluice("train", "far.csv", ...flags, "--json");
    expect(json.rows).toMatchObject({ read: 400, setAside: 1 });
    expect(accounted(json.rows)).toBe(true);
    expect(at.text(`home/runs/${json.run}/aside/far.csv.set-aside.csv`)).toMatch(/far\.csv",211,.*far/);
  });

  test("without infinite rows, as the error says", async () => {
    const ran = await at.sluice("train", "infinite.csv", "--label", "late", "--drop", "minutes,size", "--json");
    const [, where] = /--where '([^']+)'/.exec(ran.json.error.message) ?? [];
    const again = await at.sluice(
      "train",
      "infinite.csv",
      "--label",
      "late",
      "--drop",
      "minutes,size",
      "--where",
      where!,
      "--json",
    );
    expect(again.json.rows).toMatchObject({ read: 400, filtered: 10 });
  });

  test("with 10,000 columns", async () => {
    at.write("wide.csv", numbersCsv(120, 10_000));
    const { json, code } = await at.sluice("train", "wide.csv", "--label", "y", "--json");
    expect(code).toBe(0);
    expect(json.rows.read).toBe(120);
    expect(json.features).toHaveLength(10_000);
  }, 300_000); // a minute on two idle cores

  test("with a cell of 10 MB", async () => {
    at.write(
      "cell.csv",
      cells(2, (row) => (row === 50 ? "x".repeat(10_000_000) : undefined)),
    );
    const { json, code } = await at.sluice("train", "cell.csv", "--label", "late", "--drop", "minutes,size", "--json");
    expect(code).toBe(0);
    expect(json.rows.read).toBe(400);
    expect(accounted(json.rows)).toBe(true);
  });
});

describe("a budget that is too small", () => {
  test("is refused with the number that would do, and that number does", async () => {
    const ran = await refused("train", ...late, "--memory", "50MB");
    expect([ran.error.code, ran.code]).toEqual(["budget_too_small", 4]);
    const [, enough] = /--memory (\d+MB)/.exec(ran.error.message) ?? [];
    const { json, code } = await at.sluice("train", ...late, "--memory", enough!, "--json");
    expect(code).toBe(0);
    expect(json.peakRssBytes).toBeLessThanOrEqual(json.budgetBytes);
  });
});

describe("a file that changes during the run", () => {
  const moment = async (home: string, unit: string): Promise<void> => {
    const dir = at.path(`${home}/runs`);
    const there = (): boolean =>
      existsSync(dir) &&
      readdirSync(dir).some(
        (run) =>
          existsSync(`${dir}/${run}/journal.jsonl`) && at.text(`${home}/runs/${run}/journal.jsonl`).includes(unit),
      );
    while (!there()) await new Promise((resolve) => setTimeout(resolve, 2));
  };

  beforeAll(async () => {
    at.write("big.csv", numbersCsv(150_000, 9));
    await duck(`COPY (FROM read_csv('${at.path("big.csv")}')) TO '${at.path("big.parquet")}' (FORMAT parquet)`);
  });

  test.each([
    { what: "grows", change: (path: string) => appendFileSync(path, "1\n"), says: /grew from \d+ to \d+ bytes/ },
    { what: "shrinks", change: (path: string) => truncateSync(path, 100_000), says: /shrank from \d+ to 100000 bytes/ },
    { what: "is touched", change: (path: string) => utimesSync(path, 1, 1), says: /changed during the run/ },
  ])("stops the training when it $what", async ({ what, change, says }) => {
    const source = `${what.split(" ").at(-1)}.parquet`;
    execFileSync("cp", [at.path("big.parquet"), at.path(source)]);
    const home = `home-${source}`;
    const { ended } = at.start("train", source, "--label", "y", "--home", home, "--json");
    await moment(home, '"unit":"census"');
    change(at.path(source));
    const ran = await ended;
    expect(ran.json.error.message).toMatch(says);
    expect([ran.json.error.code, ran.code]).toEqual(["changed_source", 3]);
    expect(existsSync(at.path(`${home}/models`))).toBe(false);
  });
});

describe("predict", () => {
  test.each([
    {
      what: "an unknown model",
      args: ["latte", "rows.csv", "--to", "out.csv"],
      code: "unknown_name",
      exit: 2,
      says: /no model "latte"; did you mean "late"/,
    },
    {
      what: "a missing input column",
      args: ["late", "one.csv", "--to", "out.csv"],
      code: "unknown_column",
      exit: 2,
      says: /no column "(id|day|shop|vehicle|distance)"/,
    },
    {
      what: "an ending that it can't write",
      args: ["late", "rows.csv", "--to", "out.xlsx"],
      code: "usage",
      exit: 2,
      says: /must end in \.parquet, \.csv or \.jsonl/,
    },
    {
      what: "a folder that is not there",
      args: ["late", "rows.csv", "--to", "nowhere/out.csv"],
      code: "missing_file",
      exit: 2,
      says: /nowhere does not exist/,
    },
    {
      what: "a place under a file",
      args: ["late", "rows.csv", "--to", "rows.csv/out.csv"],
      code: "no_permission",
      exit: 1,
      says: /rows\.csv\/out\.csv/,
    },
    {
      what: "a place that takes no files",
      args: ["late", "rows.csv", "--to", "/proc/out.csv"],
      code: "no_permission",
      exit: 1,
      says: /\/proc\/out\.csv can't be written/,
    },
    {
      what: "an existing file",
      args: ["late", "rows.csv", "--to", "one.csv"],
      code: "exists",
      exit: 2,
      says: /one\.csv exists already.*--overwrite/,
    },
  ])("refuses $what", async ({ args, code, exit, says }) => {
    const ran = await refused("predict", ...args);
    expect(ran.error.message).toMatch(says);
    expect([ran.error.code, ran.code]).toEqual([code, exit]);
  });
});

describe("a home or cache that can't be written", () => {
  test.each(["--home", "--cache"])("is refused for %s", async (flag) => {
    for (const where of ["rows.csv/inside", "/proc/inside"]) {
      const ran = await refused("train", ...late, flag, where);
      expect([ran.error.code, ran.code]).toEqual(["no_permission", 1]);
      expect(ran.error.message).toContain(where);
    }
  });
});

describe("a model file", () => {
  test.each([
    {
      what: "of a newer format",
      change: (text: string) => text.replace(/"format": \d+/, '"format": 99'),
      code: "newer_format",
      exit: 2,
      says: /format 99; this Sluice reads up to/,
    },
    {
      what: "that was cut short",
      change: (text: string) => text.slice(0, 500),
      code: "damaged",
      exit: 3,
      says: /does not parse/,
    },
    {
      what: "that was edited",
      change: (text: string) => text.replace(/"penalty": [^,\n]+/, '"penalty": 0.5'),
      code: "damaged",
      exit: 3,
      says: /was changed since it was written/,
    },
    { what: "that is none", change: () => "{}", code: "damaged", exit: 3, says: /has no format number/ },
  ])("$what is refused", async ({ change, code, exit, says }) => {
    at.write("model.json", change(at.text("home/models/late/1/model.json")));
    const ran = await refused("predict", "model.json", "rows.csv", "--to", "scored.csv");
    expect(ran.error.message).toMatch(says);
    expect([ran.error.code, ran.code]).toEqual([code, exit]);
  });
});

describe("sluice sql", () => {
  test.each([
    { query: "SELEC 1", says: /syntax error at or near "SELEC"[^(]*LINE 1: SELEC 1/ },
    { query: "SELECT nothing FROM 'rows.csv'", says: /LINE 1: SELECT nothing FROM 'rows.csv'/ },
    { query: "COPY (SELECT 1) TO 'out.csv'", says: /only reads, and this is a statement of the kind COPY/ },
    { query: "SELECT 1; SELECT 2", says: /2 statements; write one query/ },
    { query: "PRAGMA version", says: /is no query/ },
    { query: "", says: /"" is no query/ },
  ])("answers $query in its own words", async ({ query, says }) => {
    const ran = await refused("sql", query);
    expect([ran.error.code, ran.code]).toEqual(["bad_formula", 2]);
    expect(ran.error.message).toMatch(says);
  });

  test("names a file that is not there", async () => {
    const ran = await refused("sql", "SELECT * FROM 'nowhere.parquet'");
    expect([ran.error.code, ran.code]).toEqual(["missing_file", 2]);
    expect(ran.error.message).toMatch(/^no file "nowhere.parquet"/);
  });
});

test.each([
  [["--validate", "sometimes:0.2"], "usage", /random:SHARE, time:SHARE/],
  [["--param", "penalti=1"], "bad_parameter", /did you mean "penalty"/],
  [["--learner", "logistic", "--param", "penalty=-1"], "bad_parameter", /penalty is "-1"/],
] as const)("%j is refused before the source is looked at", async (flags, code, says) => {
  const ran = await refused("train", "nowhere.csv", "--label", "late", ...flags);
  expect([ran.error.code, ran.code]).toEqual([code, 2]);
  expect(ran.error.message).toMatch(says);
});

test("one word among numbers is a warning that names it", async () => {
  const lines = Array.from({ length: 1500 }, (_, i) => `${i === 777 ? "oops" : i % 97},${i % 2}`);
  at.write("mixed.csv", `a,b\n${lines.join("\n")}\n`);
  const { json } = await at.sluice("train", "mixed.csv", "--label", "b", "--json");
  const [mixed] = json.warnings.filter(({ code }: Told) => code === "mixed_column");
  expect(mixed).toMatchObject({ column: "a", value: "oops", row: 778 });
  // The column tells nothing of the label, and that is said first.
  expect(json.warnings[0].code).toBe("worse_than_baseline");
  const typed = await refused("train", "mixed.csv", "--label", "b", "--type", "a=real");
  expect(typed.error).toMatchObject({ code: "bad_row", value: "oops" });
});

describeWith(disk)("a full disk", (disk) => {
  test.each(["--home", "--cache"])("under %s stops the training, and it goes on when there is space", async (flag) => {
    const kept = flag === "--home" ? ["--cache", "cache"] : ["--home", "home-of-full"];
    const places = [flag, `${disk}/here`, ...kept, "--json"];
    const ran = await at.sluice("train", ...late, ...places);
    const { code, message, facts } = ran.json.error;
    expect([code, ran.code]).toEqual(["disk_full", 1]);
    expect(message).toContain(disk);
    expect(ran.seconds).toBeLessThan(5);
    execFileSync("rm", [`${disk}/filling`]);
    // A home so full that not even the run's first file could be written has no run to go on with.
    const again = facts.run === undefined ? ["train", ...late] : ["resume", facts.run];
    expect(flag === "--home" || again[0] === "resume").toBe(true);
    const { json } = await at.sluice(again[0]!, ...again.slice(1), ...places);
    expect(json.stateHash).toBe((await at.sluice("train", ...late, "--json")).json.stateHash);
    execFileSync("rm", ["-rf", `${disk}/here`]);
    fill();
  });

  test("that plainly can't hold a text is refused before it is read", async () => {
    at.write("large.csv", asCsv(deliveries(4000)));
    const ran = await at.sluice("train", "large.csv", "--label", "late", "--cache", `${disk}/here`, "--json");
    expect([ran.json.error.code, ran.code]).toEqual(["disk_full", 1]);
    expect(ran.json.error.message).toMatch(/has .* free, and large\.csv \(.* in all\) needs about .* there as Parquet/);
    expect(ran.json.error.facts.neededBytes).toBeGreaterThan(ran.json.error.facts.freeBytes);
    execFileSync("rm", ["-rf", `${disk}/here`]);
  });

  test.each(["csv", "parquet", "jsonl"])("under --to leaves no half-written %s", async (ending) => {
    const ran = await at.sluice("predict", "late", "rows.csv", "--to", `${disk}/out.${ending}`, "--json");
    expect([ran.json.error.code, ran.code]).toEqual(["disk_full", 1]);
    expect(ran.json.error.message).toContain(`${disk}/out.${ending}`);
    expect(readdirSync(disk)).toEqual(["filling"]);
  });
});

/** Of the small disk, leaves 8 kB free. */
function fill(): void {
  at.write("disk/filling", Buffer.alloc(32 * 1024 * 1024 - 8 * 1024));
}

/** A disk of 32 MiB that is nearly full, where this user may mount one. */
function smallDisk(): { where: string } | { missing: string } {
  const where = at.path("disk");
  mkdirSync(where);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=32m", "tmpfs", where], { stdio: "ignore" });
    fill();
    return { where };
  } catch {
    return { missing: "no small disk can be mounted; run as root on Linux" };
  }
}
