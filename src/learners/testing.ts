import { tmpdir } from "node:os";
import { join } from "node:path";
import { permutation } from "../base/seeds.js";
import { col } from "../expr/expr.js";
import { TermCounter, type TermWeights } from "../expr/terms.js";
import type { Block } from "../features/contract.js";
import { Arena } from "../pages/arena.js";
import { layoutOf, type Page, type PageColumn, type PageLayout, pageShape } from "../pages/page.js";
import { addInto } from "../pages/pass.js";
import { splitCodes } from "../pages/row-set.js";
import type { Scorer } from "../pages/scorer.js";
import { spreadOrder } from "../pages/spread.js";
import type { Task, TrainingData } from "./contract.js";

export interface MemoryTable {
  /** Columns of numbers, NaN where missing. */
  readonly numbers: readonly ArrayLike<number>[];
  readonly categories?: readonly { readonly codes: ArrayLike<number>; readonly width: number }[];
  /** Columns of hash codes, -1 where missing. */
  readonly hashed?: readonly ArrayLike<number>[];
  /** Columns of texts: the codes of each row's terms. */
  readonly texts?: readonly { readonly codes: readonly (readonly number[])[]; readonly terms: TermWeights }[];
  readonly label: ArrayLike<number>;
  /** 0 keeps a row out. */
  readonly weight?: ArrayLike<number>;
  /** 0 training, 1 validation (only keepers look at it); all are for training by default. */
  readonly split?: ArrayLike<number>;
  readonly task: Task;
  readonly classes?: number;
  readonly pageRows?: number;
  /** What keepers may take of memory. */
  readonly keeperBytes?: number;
  /** Keepers of so many workers share the pages, each with every so-manieth; 1 by default. */
  readonly workers?: number;
  /** Page units of the number columns: (x - shift) * 2^exponent. */
  readonly coding?: readonly { readonly shift: number; readonly exponent: number }[];
  /** Of the number blocks, in units of the column; the column's mean by default. */
  readonly fill?: readonly number[];
}

export interface MemoryData extends TrainingData {
  /** Outputs of a scorer over all rows: `[k][row]`. */
  scores<P>(scorer: Scorer<P>, params: P): Float64Array[];
  readonly pages: readonly Page[];
  readonly arena: Arena;
  readonly warnings: { readonly code: string; readonly message: string }[];
}

/** Training data of plain arrays, cut into pages in one arena and run page after page in this thread: for tests and benches. */
export function memoryData(table: MemoryTable): MemoryData {
  const rows = table.label.length;
  const columns: PageColumn[] = [
    ...table.numbers.map(
      (_, j) =>
        ({ kind: "number", name: `x${j}`, dtype: "f32", ...(table.coding?.[j] ?? { shift: 0, exponent: 0 }) }) as const,
    ),
    ...(table.categories ?? []).map(
      ({ width }, c) => ({ kind: "category", name: `c${c}`, dtype: "i32", width }) as const,
    ),
    ...(table.hashed ?? []).map((_, h) => ({ kind: "hashed", name: `h${h}`, dtype: "i32" }) as const),
    ...(table.texts ?? []).map(
      ({ terms: { bits, signed } }, t) =>
        ({ kind: "terms", name: `t${t}`, dtype: "i32", width: 2 ** bits, signed }) as const,
    ),
  ];
  const layout = layoutOf(columns, table.pageRows);
  const count = Math.ceil(rows / layout.pageRows);
  const pageBytes = pageShape(layout).bytes + 16 * layout.pageRows + 32;
  const arena = new Arena(count * pageBytes + 2 ** 27);
  const pages = Array.from({ length: count }, (_, index) => pageOf(table, layout, arena, index));
  const mark = arena.mark();
  const weights = Array.from({ length: rows }, (_, i) => table.weight?.[i] ?? 1);
  const warnings: MemoryData["warnings"] = [];
  const splits = Array.from({ length: rows }, (_, i) => table.split?.[i] ?? splitCodes.train);

  return {
    task: table.task,
    classes:
      table.classes ??
      (table.task === "binary" ? 2 : table.task === "regression" ? 1 : Math.max(...Array.from(table.label)) + 1),
    layout,
    blocks: blocksOf(table),
    rows: weights.filter((weight, i) => weight > 0 && splits[i] === splitCodes.train).length,
    weighted: table.weight !== undefined,
    validationRows: splits.filter((split) => split === splitCodes.validation).length,
    pages,
    arena,
    async pass(pass, params) {
      arena.reset(mark);
      const step = pass.start(params, layout, arena);
      const sum = new Float64Array(pass.length(params, layout));
      for (const page of pages) {
        const part = new Float64Array(sum.length);
        step(page, part);
        if (pass.merge) pass.merge(sum, part, params);
        else addInto(sum, part);
      }
      return sum;
    },
    async fold(fold, params, state, { epoch, seed }) {
      arena.reset(mark);
      const step = fold.start(params, layout, arena);
      const after = state.slice();
      for (const index of permutation(pages.length, seed + epoch)) step(pages[index]!, after);
      return after;
    },
    scores(scorer, params) {
      arena.reset(mark);
      const step = scorer.start(params, layout, arena);
      const outputs = Array.from({ length: scorer.outputs(params) }, () => new Float64Array(rows));
      for (const page of pages) {
        const out = new Float64Array(outputs.length * page.rows);
        step(page, out);
        outputs.forEach((output, k) => {
          output.set(out.subarray(k * page.rows, (k + 1) * page.rows), page.firstRow);
        });
      }
      return outputs;
    },
    async keep(keeper, params) {
      const workers = table.workers ?? 1;
      const kept = Array.from({ length: workers }, (_, worker) =>
        keeper.start(params, layout, {
          memoryBytes: (table.keeperBytes ?? 2 ** 28) / workers,
          workers,
          file: join(tmpdir(), `sluice-kept-${process.pid}-${worker}`),
        }),
      );
      for (const page of pages) kept[page.index % workers]!.take(page);
      return {
        ask: async (question, given) => kept.map((each) => each.ask(question, given)),
        release: async () => {
          for (const each of kept) each.close();
        },
      };
    },
    async walk(keeper, params, shards, spread) {
      const room = { workers: 1, memoryBytes: 2 ** 28, file: join(tmpdir(), `sluice-kept-${process.pid}`) };
      const kept = Array.from({ length: shards }, () => keeper.start(params, layout, room));
      const again = async (): Promise<void> => {
        const order = spread ? spreadOrder(pages.length, spread, 0) : pages.map((_, i) => i);
        for (const i of order) kept[pages[i]!.index % shards]!.take(pages[i]!);
      };
      await again();
      const release = async (): Promise<void> => {
        for (const each of kept) each.close();
      };
      return { again, release, ask: async (question, given) => kept.map((each) => each.ask(question, given)) };
    },
    unit: (_, work) => work(),
    warnings,
    warn: (warning) => void warnings.push(warning),
    report() {},
  };
}

function pageOf(table: MemoryTable, { pageRows }: PageLayout, arena: Arena, index: number): Page {
  const firstRow = index * pageRows;
  const rows = Math.min(pageRows, table.label.length - firstRow);
  const fill = <A extends Float32Array | Float64Array | Int32Array>(to: A, from: (row: number) => number): A => {
    for (let i = 0; i < rows; i++) to[i] = from(firstRow + i);
    return to;
  };
  return {
    rows,
    index,
    file: 0,
    firstRow,
    numbers: table.numbers.map((values, j) => {
      const { shift, exponent } = table.coding?.[j] ?? { shift: 0, exponent: 0 };
      return fill(arena.f32(rows), (i) => (values[i]! - shift) * 2 ** exponent);
    }),
    codes: (table.categories ?? []).map(({ codes }) => fill(arena.i32(rows), (i) => codes[i]!)),
    hashed: (table.hashed ?? []).map((codes) => fill(arena.i32(rows), (i) => codes[i]!)),
    terms: (table.texts ?? []).map(({ codes, terms }) => {
      const own = codes.slice(firstRow, firstRow + rows);
      const most = own.reduce((sum, row) => sum + row.length, 0);
      const [ends, slots] = [arena.i32(rows), arena.i32(most)];
      const counts = new Int16Array(arena.memory.buffer, arena.take(2 * most), most);
      const counter = new TermCounter(terms);
      let end = 0;
      own.forEach((row, i) => {
        end = counter.count(row, 0, row.length, slots, counts, end);
        ends[i] = end;
      });
      return { ends, slots: slots.subarray(0, end), counts: counts.subarray(0, end) };
    }),
    label: fill(arena.f64(rows), (i) => table.label[i]!),
    weight: fill(arena.f64(rows), (i) => table.weight?.[i] ?? 1),
    split: Uint8Array.from({ length: rows }, (_, i) => table.split?.[firstRow + i] ?? splitCodes.train),
  };
}

function blocksOf(table: MemoryTable): Block[] {
  const meanOf = (values: ArrayLike<number>): number => {
    const present = Array.from(values).filter((value) => !Number.isNaN(value));
    return present.reduce((sum, value) => sum + value, 0) / Math.max(1, present.length);
  };
  return [
    ...table.numbers.map(
      (values, j) =>
        ({ kind: "number", name: `x${j}`, expr: col(`x${j}`), fill: table.fill?.[j] ?? meanOf(values) }) as const,
    ),
    ...(table.categories ?? []).map(
      ({ width }, c) =>
        ({
          kind: "category",
          name: `c${c}`,
          expr: col(`c${c}`),
          levels: Array.from({ length: width }, (_, k) => `l${k}`),
        }) as const,
    ),
    ...(table.hashed ?? []).map((_, h) => ({ kind: "hashed", name: `h${h}`, expr: col(`h${h}`) }) as const),
    ...(table.texts ?? []).map(
      ({ terms }, t) => ({ kind: "text", name: `t${t}`, expr: col(`t${t}`), codes: col(`t${t}`), terms }) as const,
    ),
  ];
}
