import type { Column } from "../../../base/schema.js";
import { utf8Blocks } from "../../../sources/csv/bytes.js";
import { Cells, cellText, cutRecord, cuttingOf, isNameAgain, lineEnd } from "../../../sources/csv/cells.js";
import { ColumnGuess, decide } from "../../../sources/csv/guess.js";
import type { Layout } from "../../../sources/csv/records.js";
import { sentences } from "../../../sources/csv/tell.js";
import type { CsvDialect, SourceFile, TextScan } from "../../../sources/scan.js";
import { type Input, layoutOf } from "./cut.js";

/** What all rows of a source say about its columns. */
export interface Survey {
  readonly columns: readonly Column[];
  readonly assumed: readonly string[];
}

/**
 * Asks all rows what their columns are, after some cell was of another type than a sample had found. A column of numbers or
 * dates stays one: it is widened as far as all of its cells that are numbers or dates want, and the others are bad cells.
 */
export async function surveyCsv(
  scan: TextScan,
  inputOf: (file: SourceFile) => Promise<Input>,
  signal?: AbortSignal,
): Promise<Survey> {
  const { given = { columns: [] }, csv } = scan;
  const folders = new Set((scan.partitions ?? []).map(({ name }) => name));
  const columns = scan.schema.columns.filter(({ name }) => !folders.has(name));
  const asked = columns.filter(({ name, type }) => type.kind !== "text" && !given.columns.includes(name));
  const guesses = asked.map(() => new ColumnGuess(given, true));
  for (const [index, file] of scan.files.entries()) {
    const input = await inputOf(file);
    const dialect = { ...csv!, encoding: scan.encodings?.[index] ?? csv!.encoding };
    const { layout, begin } = await layoutOf(input, dialect, columns);
    const places = asked.map((column) => layout.order[columns.indexOf(column)]!);
    await eachRecord({ input, dialect, layout, from: begin, ...(signal ? { signal } : {}) }, (cell) => {
      for (let i = 0; i < places.length; i++) guesses[i]!.add(cell(places[i]!));
    });
  }
  const decided = decide(
    asked.map(({ name }) => name),
    guesses,
    { ...given, delimiter: csv!.delimiter },
  ).map((one, i) => (one.column.type.kind === "text" ? { ...one, column: asked[i]! } : one));
  const now = new Map(decided.map(({ column }) => [column.name, column]));
  return {
    columns: scan.schema.columns.map((column) => now.get(column.name) ?? column),
    assumed: [...(scan.assumedOfForm ?? []), ...sentences(decided, given)],
  };
}

interface Asked {
  readonly input: Input;
  readonly dialect: CsvDialect;
  readonly layout: Layout;
  readonly from: number;
  readonly signal?: AbortSignal;
}

/** Shows the cells of each record that has as many as there should be, without the blanks around them. */
async function eachRecord(
  { input, dialect, layout: { width, header }, from, signal }: Asked,
  each: (cell: (place: number) => string) => void,
): Promise<void> {
  const cutting = cuttingOf(dialect);
  const cells = new Cells();
  const walk = (bytes: Buffer, final: boolean): number => {
    const cell = (place: number): string => cellText(bytes, cells, place, cutting).trim();
    const isHeader = (): boolean =>
      header?.every((name, i) => i < cells.count && isNameAgain(cellText(bytes, cells, i, cutting), name, i)) ?? false;
    for (let at = 0; ; ) {
      const next = at < bytes.length ? cutRecord(bytes, at, bytes.length, final, cutting, cells) : -1;
      if (next < 0) return at;
      const open = cells.unterminated;
      at = open ? lineEnd(bytes, at, bytes.length, true) : next;
      if (!open && (cells.count === width || cells.count === dialect.cells) && !isHeader()) each(cell);
    }
  };
  let rest: Buffer = Buffer.alloc(0);
  const { compression } = input;
  for await (const block of utf8Blocks(input.path, { compression, encoding: dialect.encoding, from })) {
    signal?.throwIfAborted();
    const bytes = rest.length === 0 ? block : Buffer.concat([rest, block]);
    rest = Buffer.from(bytes.subarray(walk(bytes, false)));
  }
  walk(rest, true);
}
