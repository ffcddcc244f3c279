// What several targets share: reading as a training reads, mutations of bytes, refusals that are in order.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { CodedError } from "../../dist/base/errors.js";
import { duckdbProbe } from "../../dist/engines/duckdb/probe.js";
import { DuckDBEngine } from "../../dist/engines/duckdb.js";
import { openSource } from "../../dist/sources/index.js";

/** What `work` gives, or the coded error that it was refused with; any other error is our fault. */
export async function orRefused(work) {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof CodedError) return { refused: error };
    throw error;
  }
}

export function must(holds, problem) {
  if (!holds) throw new Error(typeof problem === "function" ? problem() : problem);
}

/** Reads files through source and landing, as train, profile and sql do. */
export async function openReader(scratch) {
  const folder = mkdtempSync(join(scratch, "read-"));
  const engine = await DuckDBEngine.open({
    memoryBytes: 200e6,
    threads: 1,
    spillDir: join(folder, "spill"),
    cacheDir: join(folder, "cache"),
  });
  let count = 0;
  return {
    /** Names, rows as DuckDB casts them to text, and how many were set aside. */
    async read(content, name, { badRows = "stop", ...options } = {}) {
      const own = join(folder, `input-${count++}`);
      const cacheDir = join(own, "cache");
      mkdirSync(own);
      try {
        const path = join(own, name);
        writeFileSync(path, content);
        const scan = await openSource(path, { cacheDir, probe: duckdbProbe(() => engine.connect()), ...options });
        const landed = await engine.land(scan, { badRows, asideDir: join(own, "aside") });
        const names = landed.schema.columns.map((column) => column.name);
        const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
        const files = landed.files.map((file) => `'${file.path}'`).join(", ");
        const stored = names.map((each) =>
          landed.paths && Object.hasOwn(landed.paths, each) ? landed.paths[each][0] : each,
        );
        const rows = await engine.use(async (connection) =>
          (
            await connection.runAndReadAll(
              `SELECT ${stored.map((each) => `'>' || CAST(${quoted(each)} AS VARCHAR)`).join(", ")} FROM read_parquet([${files}], hive_partitioning = false)`,
            )
          ).getRowsJson(),
        );
        // The client takes a byte order mark off the front of a text.
        const cells = rows.map((row) => row.map((cell) => (cell === null ? null : cell.slice(1))));
        const { setAside = 0, comments = 0 } = landed.landed ?? {};
        return { names, types: landed.schema.columns.map(({ type }) => type.kind), rows: cells, setAside, comments };
      } finally {
        rmSync(own, { recursive: true, force: true });
      }
    },
    async close() {
      await engine[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What happens to bytes: one is turned, some are lost, doubled, moved, or pieces come in that mean something there. */
const edits = (pieces) =>
  fc.oneof(
    fc.record({ kind: fc.constant("flip"), at: fc.nat(), bit: fc.nat(7) }),
    fc.record({ kind: fc.constant("set"), at: fc.nat(), byte: fc.nat(255) }),
    fc.record({ kind: fc.constant("cut"), at: fc.nat(), length: fc.nat(40) }),
    fc.record({ kind: fc.constant("double"), at: fc.nat(), length: fc.nat(40) }),
    fc.record({ kind: fc.constant("end"), at: fc.nat() }),
    fc.record({ kind: fc.constant("insert"), at: fc.nat(), piece: fc.constantFrom(...pieces) }),
    fc.record({ kind: fc.constant("insert"), at: fc.nat(), piece: fc.constantFrom(...pieces) }),
  );
export const editsOf = (pieces, most = 6) => fc.array(edits(pieces), { minLength: 1, maxLength: most });

export function edited(bytes, changes) {
  let now = Buffer.from(bytes);
  for (const { kind, at: place, length, bit, byte, piece } of changes) {
    const at = now.length === 0 ? 0 : place % now.length;
    if (kind === "insert") now = Buffer.concat([now.subarray(0, at), Buffer.from(piece), now.subarray(at)]);
    else if (now.length === 0) continue;
    else if (kind === "flip") now[at] ^= 1 << bit;
    else if (kind === "set") now[at] = byte;
    else if (kind === "cut") now = Buffer.concat([now.subarray(0, at), now.subarray(at + length)]);
    else if (kind === "double") now = Buffer.concat([now.subarray(0, at + length), now.subarray(at)]);
    else if (kind === "end") now = now.subarray(0, at);
  }
  return now;
}
