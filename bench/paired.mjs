// What each test row costs a model, so that two models can be compared row by row: their difference is far surer than either loss.
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { scratch, sluice } from "./sluice.mjs";

/** Trains a model in the home `home` under its name and gives what the command said, with the loss of each row of `test`. */
export async function trained(home, name, args, { test, label = "label" }) {
  const places = ["--memory", "1GB", "--threads", "2"];
  const { result } = await sluice(
    ["train", ...args, "--label", label, "--test", test, "--validate", "none", "--name", name, ...places],
    home,
  );
  return { result, metrics: result.metrics.test, losses: await lossesOf(home, name, test, label) };
}

/** Nats, or squared error for numbers; rows of a class that the model does not know are left out by every model alike. */
async function lossesOf(home, name, test, label) {
  const scored = join(scratch, `${name}-scored.parquet`);
  await sluice(["predict", name, test, "--to", scored, "--keep", label, "--overwrite"], home);
  const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(`SELECT * FROM '${scored}'`);
    const names = reader.columnNames();
    const own = (row, column) => row[names.indexOf(column)];
    const { classes } = await describe(home, name);
    return reader.getRows().map((row) => {
      const value = own(row, label);
      if (classes.length === 0) return (own(row, "prediction") - Number(value)) ** 2;
      if (names.includes("probability")) {
        const p = own(row, "probability");
        return -Math.log(Math.max(1e-15, String(value) === classes.at(-1) ? p : 1 - p));
      }
      const p = own(row, `probability_${value}`);
      return p === undefined ? Number.NaN : -Math.log(Math.max(1e-15, p));
    });
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function describe(home, name) {
  const { result } = await sluice(["show", name], home);
  return { classes: (result.classes ?? []).map(String) };
}

/** How much less the second costs than the first in the mean, and the standard error of that. */
export function paired(first, second) {
  const gains = first.map((loss, i) => loss - second[i]).filter(Number.isFinite);
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  const squares = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0);
  return { gain: mean, error: Math.sqrt(squares) / gains.length };
}
