import { SluiceError } from "../../base/errors.js";
import { kernelsOf } from "../../kernels/index.js";
import { Arena } from "../../pages/arena.js";
import { defineKeeper, type KeeperRoom, type Kept } from "../../pages/keeper.js";
import type { Page } from "../../pages/page.js";
import { splitCodes } from "../../pages/row-set.js";
import { answerOfBag, type BaggedRows, isBagQuestion } from "./bagging.js";
import type { WalkedTree } from "./bin-tree.js";
import { ascending, type Block, Blocks, blockRows } from "./blocks.js";
import type { RowSplit } from "./grow.js";
import { Filling, type Growing } from "./growing.js";
import type { Objective } from "./objectives.js";
import type { RecordLayout } from "./record.js";
import { SharedDoubles } from "./shared-doubles.js";

export interface BinnedParams {
  readonly record: RecordLayout;
  readonly objective: Pick<Objective, "name" | "code" | "alpha" | "least">;
  readonly outputs: number;
  readonly weighted: boolean;
  /** Weights are divided by it: their mean, so that weights times a constant are the same weights. */
  readonly meanWeight: number;
  /** Taken off the label, so that float32 keeps what varies. */
  readonly labelShift: number;
  /** What it is then divided by. */
  readonly labelScale: number;
  /** Scores before the first tree, one for each output. */
  readonly start: readonly number[];
  /** The share of training rows that a tree grows on. */
  readonly share: number;
  readonly trainRows: number;
  /** For the histograms of one round. */
  readonly histogramBytes: number;
  /** Rows whose rounded pairs can be added up before a sum of 32 bits is full. */
  readonly flushRows: number;
  /** For trees on bags of the rows: scores are votes of the trees that did not have the row. */
  readonly bagged?: boolean;
}

export interface Advance {
  readonly apply: readonly WalkedTree[];
  /** The one tree to apply is the one that was just grown: rows lie in the order of its leaves. */
  readonly grown: boolean;
  readonly losses: boolean;
  /** Say how large gradients are without rounding any: before the first tree nothing else tells. */
  readonly measure?: boolean;
  readonly prepare?: {
    /** Rounded pairs are gradient * gScale and hessian * hScale, one for each output. */
    readonly gScale: readonly number[];
    readonly hScale: readonly number[];
    readonly seed: number;
    /** Minimal variance sampling above `mu`; or a plain draw of `share`. */
    readonly draw?: { readonly mu: number; readonly lambda: number } | { readonly share: number };
  };
  /** Count gradient sizes, to find the next `mu`. */
  readonly lambda?: number;
}

/** Answers of `advance`: the validation loss (times 2^20), rows to grow on, then per output the largest |gradient| and hessian, then counts of sizes. */
export const advanceHead = 2;
export const sizeCounters = 32_768;

export interface Round {
  readonly output: number;
  readonly splits: readonly RowSplit[];
  readonly wanted: readonly number[];
  /** For each of them, the columns that its histogram has; all without this. */
  readonly columns?: readonly (readonly number[])[];
}

/** A tree in a kernel's memory. */
interface PlacedTree {
  readonly output: number;
  readonly leafNodes: readonly number[];
  readonly values: Float32Array;
  readonly nodeCount: number;
  readonly at: { readonly nodes: number; readonly tables: number; readonly values: number };
}

const badLabel = ({ name, least }: BinnedParams["objective"], value: number, row: number): SluiceError =>
  new SluiceError(
    "bad_row",
    `the label is ${value} in row ${row + 1}; objective ${name} takes labels ${least === 0 ? "of 0 and more" : "above 0"}. Leave such rows out with --where, or take objective squared`,
    { row: row + 1, value: String(value), objective: name },
  );

const chunkRows = 2048;
const grownSections = ["bins", "pairs", "index"];

/** Rows as bins, with their scores and rounded gradients, kept by the workers: boosting and forests grow on them. */
export const binnedRows = defineKeeper<BinnedParams>({
  name: "binnedRows",
  start: (params, { pageRows }, room) => new BinnedRows(params, Math.min(pageRows, blockRows), room),
});

class BinnedRows implements Kept {
  readonly #params: BinnedParams;
  readonly #arena: Arena;
  readonly #kernels: ReturnType<typeof kernelsOf>;
  readonly #blocks: Blocks;
  /** Drawn rows, copied together; absent where a tree grows on all rows. */
  readonly #drawn: Blocks | undefined;
  readonly #growing: Growing[] = [];
  readonly #capacity: number;
  #trainRows = 0;
  readonly #edges: readonly number[];
  readonly #offsets: number;
  readonly #column: Float32Array;
  readonly #rows: Uint32Array;
  readonly #g: number;
  readonly #h: number;
  readonly #draws: { readonly index: number; readonly weights: number; readonly g: number; readonly h: number };
  readonly #extent: Float32Array;
  readonly #sizes: Uint32Array;
  readonly #partition: { readonly table: Uint8Array; readonly scratch: number };
  readonly #shared = new SharedDoubles();

  constructor(params: BinnedParams, capacity: number, { memoryBytes, workers, file }: KeeperRoom) {
    this.#params = params;
    this.#capacity = capacity;
    const { record, outputs, share, trainRows, histogramBytes } = params;
    const pairBytes = 4 * outputs;
    const grown = share < 1 ? ((share * trainRows * 1.3) / workers) * (record.stride + pairBytes + 2) : 0;
    // Address space, not memory: what is not touched costs nothing.
    const limit = Math.min(3.9 * 2 ** 30, memoryBytes * 1.5 + 2 ** 26 + histogramBytes);
    this.#arena = new Arena(limit);
    this.#kernels = kernelsOf(this.#arena);
    const arena = this.#arena;
    this.#edges = record.columns.map((column) => {
      if (column.kind === "category") return 0;
      const edges = arena.f32(column.edges.length);
      edges.set(column.edges);
      return edges.byteOffset;
    });
    const offsets = new Uint32Array(arena.memory.buffer, arena.take(4 * record.columns.length), record.columns.length);
    offsets.set(record.columns.map(({ offset }) => offset));
    this.#offsets = offsets.byteOffset;
    this.#column = arena.f32(blockRows);
    this.#rows = new Uint32Array(arena.memory.buffer, arena.take(4 * blockRows), blockRows);
    this.#g = arena.take(4 * chunkRows * outputs);
    this.#h = arena.take(4 * chunkRows * outputs);
    this.#draws = {
      index: arena.take(2 * chunkRows),
      weights: arena.take(4 * chunkRows),
      g: arena.take(4 * chunkRows),
      h: arena.take(4 * chunkRows),
    };
    this.#extent = arena.f32(2);
    this.#sizes = new Uint32Array(arena.memory.buffer, arena.take(4 * sizeCounters), sizeCounters);
    this.#partition = {
      table: new Uint8Array(arena.memory.buffer, arena.take(blockRows), blockRows),
      scratch: arena.take(2 * blockRows),
    };
    const bins = { name: "bins", rowBytes: record.stride };
    const growing = [
      { name: "pairs", rowBytes: pairBytes },
      { name: "index", rowBytes: 2 },
    ];
    const sections = [
      { name: "label", rowBytes: 4 },
      ...(params.weighted ? [{ name: "weight", rowBytes: 4 }] : []),
      { name: "score", rowBytes: 4 * outputs },
      bins,
      ...(params.bagged ? [{ name: "votes", rowBytes: 2 }] : []),
      ...(share < 1 ? [] : growing),
    ];
    const room = memoryBytes - histogramBytes;
    this.#blocks = new Blocks(arena, file, sections, room - grown, capacity);
    if (share < 1) this.#drawn = new Blocks(arena, `${file}-drawn`, [bins, ...growing], room, capacity);
  }

  take(page: Page): void {
    for (let from = 0; from < page.rows; from += this.#capacity)
      this.#takeRows(page, from, Math.min(page.rows, from + this.#capacity));
  }

  #takeRows(page: Page, from: number, to: number): void {
    const { record, outputs, labelShift, labelScale, meanWeight, start, share, objective } = this.#params;
    const { split, weight, label } = page;
    let rows = 0;
    for (let i = from; i < to; i++) if (split[i] === splitCodes.train && weight[i]! > 0) this.#rows[rows++] = i - from;
    const trainRows = rows;
    for (let i = from; i < to; i++)
      if (split[i] === splitCodes.validation && weight[i]! > 0) this.#rows[rows++] = i - from;
    if (rows === 0) return;
    // Many pages make a number that wraps: it only seeds hashes.
    this.#trainRows += trainRows;
    const block = this.#blocks.add(rows, trainRows, Math.imul(page.index, 2 ** 18) + from);
    const at = this.#blocks.open(block, []);
    const { buffer } = this.#arena.memory;
    const chosen = this.#rows.subarray(0, rows);
    if (objective.least !== undefined)
      for (let i = from; i < to; i++)
        if (weight[i]! > 0 && label[i]! < objective.least) throw badLabel(objective, label[i]!, page.firstRow + i);
    const labels = new Float32Array(buffer, at["label"], rows);
    const weights = at["weight"] === undefined ? undefined : new Float32Array(buffer, at["weight"], rows);
    for (let i = 0; i < rows; i++) labels[i] = (label[from + chosen[i]!]! - labelShift) / labelScale;
    if (weights) for (let i = 0; i < rows; i++) weights[i] = weight[from + chosen[i]!]! / meanWeight;
    for (let k = 0; k < outputs; k++) new Float32Array(buffer, at["score"]! + 4 * k * rows, rows).fill(start[k]!);
    const bins = at["bins"]!;
    record.columns.forEach((column, c) => {
      const missing = column.bins - 1;
      const out = bins + column.at;
      if (column.kind === "number") {
        this.#column.set(page.numbers[column.source]!.subarray(from, to));
        const binned = [this.#column.byteOffset, rows, this.#edges[c]!, column.edges.length, missing, out] as const;
        this.#kernels.binColumn(...binned, record.stride, this.#rows.byteOffset);
      } else {
        new Int32Array(buffer, this.#column.byteOffset).set(page.codes[column.source]!.subarray(from, to));
        const codes = [this.#column.byteOffset, rows, missing, out, record.stride, this.#rows.byteOffset] as const;
        if (column.wide) this.#kernels.binCodesWide(...codes);
        else this.#kernels.binCodes(...codes);
      }
    });
    this.#blocks.close(block);
    if (share >= 1) this.#growing.push({ rows: trainRows, block, segments: new Map() });
  }

  ask(question: string, params: unknown): Float64Array {
    if (question === "advance") return this.#advance(params as Advance);
    if (question === "round") return this.#round(params as Round);
    if (isBagQuestion(question)) return answerOfBag(question, params, this.#bagged());
    if (question === "residuals") return this.#residuals(params as Residuals);
    if (question === "range") return this.#range();
    if (question === "counters")
      return Float64Array.of(this.#blocks.all.length, this.#blocks.counters.read, this.#blocks.counters.bytes);
    throw new Error(`binned rows cannot tell ${question}`);
  }

  close(): void {
    this.#blocks.dispose();
    this.#drawn?.dispose();
  }

  /** One walk over all blocks: the trees that were grown are added to the scores, the losses taken, and the next gradients made. */
  #advance({ apply, grown, losses, measure, prepare, lambda }: Advance): Float64Array {
    const { outputs, share, objective } = this.#params;
    const sampled = share < 1;
    const out = this.#shared.take(advanceHead + 2 * outputs + (lambda === undefined ? 0 : sizeCounters));
    this.#sizes.fill(0);
    const filling =
      prepare && this.#drawn && new Filling(this.#drawn, this.#growing, this.#arena.memory, this.#capacity);
    filling?.makeRoom(share * 1.15 * this.#trainRows);
    const top = this.#arena.mark();
    const before = this.#growing.length;
    const trees = apply.map((tree) => this.#placed(tree));
    this.#blocks.all.forEach((block, b) => {
      const growing = sampled ? undefined : this.#growing[b]!;
      const read = [
        "label",
        "weight",
        "score",
        ...(apply.length > 0 || (sampled && prepare) ? ["bins"] : []),
        ...(grown ? ["index"] : []),
      ];
      const at = this.#blocks.open(block, read);
      for (const tree of trees) this.#apply(tree, block, at, grown ? growing : undefined);
      const { rows, trainRows } = block;
      if (losses && rows > trainRows)
        out[0]! += this.#kernels.losses(
          objective.code,
          objective.alpha,
          rows - trainRows,
          at["score"]! + 4 * trainRows,
          4 * rows,
          outputs,
          at["label"]! + 4 * trainRows,
          at["weight"] === undefined ? 0 : at["weight"] + 4 * trainRows,
        );
      if (measure || prepare || lambda !== undefined) this.#gradients(block, at, prepare, lambda, filling, out);
      if (prepare && growing) {
        new Uint16Array(this.#arena.memory.buffer, at["index"], trainRows).set(ascending.subarray(0, trainRows));
        growing.segments = new Map([[0, [0, trainRows]]]);
      }
      const changed = [...(apply.length > 0 ? ["score"] : []), ...(prepare && !sampled ? ["pairs", "index"] : [])];
      this.#blocks.close(block, changed);
    });
    filling?.end();
    out[1] = this.#growing.reduce((sum, { rows }) => sum + rows, 0);
    if (lambda !== undefined) out.set(this.#sizes, advanceHead + 2 * outputs);
    // Room for drawn rows that was added meanwhile stays, and keeps what lies below it: that happens in the first trees only.
    if (this.#growing.length === before) this.#arena.reset(top);
    return out;
  }

  #placed({ nodes, tables, values, output, leafNodes }: WalkedTree): PlacedTree {
    const placed = (source: ArrayBufferView): number => {
      const at = this.#arena.take(source.byteLength);
      new Uint8Array(this.#arena.memory.buffer, at).set(
        new Uint8Array(source.buffer, source.byteOffset, source.byteLength),
      );
      return at;
    };
    const at = { nodes: placed(nodes), tables: placed(tables), values: placed(values) };
    return { output, leafNodes, values, nodeCount: nodes.length / 4, at };
  }

  #apply(
    tree: PlacedTree,
    { rows, trainRows }: Block,
    at: Readonly<Record<string, number>>,
    growing: Growing | undefined,
  ): void {
    const score = at["score"]! + 4 * tree.output * rows;
    if (growing)
      tree.leafNodes.forEach((node, leaf) => {
        const segment = growing.segments.get(node);
        if (segment) this.#kernels.addLeaf(at["index"]!, ...segment, tree.values[leaf]!, score);
      });
    const from = growing ? trainRows : 0;
    if (from < rows) {
      const { nodes, tables, values } = tree.at;
      this.#kernels.addTree(
        at["bins"]!,
        this.#params.record.stride,
        from,
        rows,
        nodes,
        tree.nodeCount,
        tables,
        values,
        score,
      );
    }
  }

  /** Gradients of a block's training rows, a chunk at a time: measured, drawn from, rounded into pairs. */
  #gradients(
    { rows, trainRows, row0 }: Block,
    at: Readonly<Record<string, number>>,
    prepare: Advance["prepare"],
    lambda: number | undefined,
    filling: Filling | undefined,
    out: Float64Array,
  ): void {
    const { objective, outputs } = this.#params;
    const kernels = this.#kernels;
    const stride = 4 * chunkRows;
    for (let from = 0; from < trainRows; from += chunkRows) {
      const count = Math.min(chunkRows, trainRows - from);
      const weight = at["weight"] === undefined ? 0 : at["weight"] + 4 * from;
      const scores = at["score"]! + 4 * from;
      kernels.gradients(
        objective.code,
        objective.alpha,
        count,
        scores,
        4 * rows,
        outputs,
        at["label"]! + 4 * from,
        weight,
        this.#g,
        this.#h,
        stride,
      );
      for (let k = 0; k < outputs; k++) {
        this.#extent.fill(0);
        kernels.extent(count, this.#g + k * stride, this.#h + k * stride, this.#extent.byteOffset);
        const slot = advanceHead + 2 * k;
        out[slot] = Math.max(out[slot]!, this.#extent[0]!);
        out[slot + 1] = Math.max(out[slot + 1]!, this.#extent[1]!);
      }
      if (lambda !== undefined)
        kernels.magnitudes(count, this.#g, this.#h, lambda, outputs, stride, this.#sizes.byteOffset);
      if (!prepare) continue;
      if (filling) this.#draw(prepare, at["bins"]!, row0 + from, from, count, filling);
      else
        for (let k = 0; k < outputs; k++)
          kernels.quantise(
            count,
            this.#g + k * stride,
            this.#h + k * stride,
            prepare.gScale[k]!,
            prepare.hScale[k]!,
            prepare.seed,
            row0 + from,
            at["pairs"]! + 4 * (k * rows + from),
          );
    }
  }

  /** Some of the chunk's rows are copied to where the tree grows, their gradients weighed by the inverse of their chance. */
  #draw(
    { draw, seed, gScale, hScale }: NonNullable<Advance["prepare"]>,
    bins: number,
    row0: number,
    from: number,
    count: number,
    filling: Filling,
  ): void {
    const { outputs, record } = this.#params;
    const kernels = this.#kernels;
    const stride = 4 * chunkRows;
    const { index, weights, g, h } = this.#draws;
    const weighed = draw !== undefined && "mu" in draw;
    const drawn = weighed
      ? kernels.draw(count, this.#g, this.#h, draw.lambda, outputs, stride, draw.mu, seed, row0, index, weights)
      : kernels.uniform(count, Math.min(2 ** 32 - 1, Math.round(draw!.share * 2 ** 32)) | 0, seed, row0, index);
    for (let done = 0; done < drawn; ) {
      const { at, from: start, count: some } = filling.place(drawn - done);
      const own = index + 2 * done;
      kernels.gather(bins + from * record.stride, record.stride, own, some, at["bins"]! + start * record.stride);
      for (let k = 0; k < outputs; k++) {
        kernels.gatherPairs(this.#g + k * stride, own, weighed ? weights + 4 * done : 0, some, g);
        kernels.gatherPairs(this.#h + k * stride, own, weighed ? weights + 4 * done : 0, some, h);
        const pairs = at["pairs"]! + 4 * (k * this.#capacity + start);
        // A row is rounded by its place among the drawn of its chunk, wherever that is copied to.
        kernels.quantise(some, g, h, gScale[k]!, hScale[k]!, seed, row0 + done, pairs);
      }
      done += some;
    }
  }

  /** Splits rows of nodes in two, then sums pairs per bin over the rows of the wanted nodes. */
  #round({ output, splits, wanted, columns: chosen }: Round): Float64Array {
    const { record, flushRows, bagged } = this.#params;
    const { stride, narrow, wide, columns } = record;
    const arena = this.#arena;
    const kernels = this.#kernels;
    const top = arena.mark();
    const sums = wanted.map((_, w) => {
      const { runs, bins, offsets } = this.#asked(chosen?.[w]);
      return {
        packed: arena.take(8 * bins),
        flushed: undefined as Float64Array | undefined,
        rows: 0,
        runs,
        bins,
        offsets,
      };
    });
    const out = this.#shared.take(2 * splits.length + sums.reduce((total, { bins }) => total + 2 * bins, 0));
    const flush = (sum: (typeof sums)[number], into: Float64Array): void => {
      kernels.flushHistogram(sum.packed, sum.bins, into.byteOffset);
      sum.rows = 0;
    };
    const blocks = this.#drawn ?? this.#blocks;
    // A tree begins: nodes of the one before (another class's) have the same numbers, and a block may have no row of some.
    const begins = wanted.includes(0);
    for (const growing of this.#growing) {
      if (begins) growing.segments = new Map([[0, [0, growing.rows]]]);
      if (growing.rows === 0) continue;
      const at = blocks.open(growing.block, grownSections);
      const { bins: rows, pairs, index } = at as { bins: number; pairs: number; index: number };
      const own = pairs + 4 * output * growing.block.rows;
      splits.forEach(({ node, left, right, feature, goesLeft }, s) => {
        const segment = growing.segments.get(node);
        if (!segment) return;
        const [from, to] = segment;
        this.#partition.table.set(goesLeft);
        const placed = columns[feature]!;
        const count = kernels.partition(
          rows,
          stride,
          placed.at,
          placed.wide ? 1 : 0,
          this.#partition.table.byteOffset,
          index,
          from,
          to,
          this.#partition.scratch,
        );
        if (count > 0) growing.segments.set(left, [from, from + count]);
        if (from + count < to) growing.segments.set(right, [from + count, to]);
        out[2 * s]! += count;
        out[2 * s + 1]! += to - from - count;
      });
      wanted.forEach((node, w) => {
        const segment = growing.segments.get(node);
        if (!segment) return;
        const [from, to] = segment;
        const sum = sums[w]!;
        if (sum.rows + to - from > flushRows) {
          sum.flushed ??= arena.f64(2 * sum.bins);
          flush(sum, sum.flushed);
        }
        sum.rows += to - from;
        const whole = node === 0 && !bagged ? 0 : index; // the root has its rows in order
        for (const [first, end] of sum.runs)
          kernels.histogram(rows, stride, narrow, wide, sum.offsets, whole, from, to, own, sum.packed, first, end);
      });
      blocks.close(growing.block, splits.length > 0 ? ["index"] : []);
    }
    // Most are small and in a near cache: one place is enough to unpack them all.
    const common = arena.f64(2 * sums.reduce((most, { bins }) => Math.max(most, bins), 0));
    let at = 2 * splits.length;
    for (const sum of sums) {
      const into = sum.flushed ?? common.subarray(0, 2 * sum.bins).fill(0);
      flush(sum, into);
      out.set(into, at);
      at += into.length;
    }
    arena.reset(top);
    return out;
  }

  /** Neighbours among the columns that a histogram has, and where each of them begins in it. */
  #asked(columns: readonly number[] | undefined) {
    const { record } = this.#params;
    if (!columns) return { runs: [[0, record.columns.length]] as const, bins: record.bins, offsets: this.#offsets };
    const { length } = record.columns;
    const offsets = new Uint32Array(this.#arena.memory.buffer, this.#arena.take(4 * length), length);
    const runs: [number, number][] = [];
    let bins = 0;
    for (const column of columns) {
      offsets[column] = bins;
      bins += record.columns[column]!.bins;
      const last = runs.at(-1);
      if (last?.[1] === column) last[1]++;
      else runs.push([column, column + 1]);
    }
    return { runs, bins, offsets: offsets.byteOffset };
  }

  #bagged(): BaggedRows {
    return {
      arena: this.#arena,
      kernels: this.#kernels,
      blocks: this.#blocks,
      growing: this.#growing,
      outputs: this.#params.outputs,
      finder: (tree) => this.#finder(tree),
    };
  }

  /** Which leaf each training row of a block ends in, as float32 numbers. */
  #finder(tree: WalkedTree): (block: Block, bins: number) => Float32Array {
    const placed = this.#placed({ ...tree, output: 0, values: Float32Array.from(tree.values, (_, leaf) => leaf) });
    const leaves = this.#arena.f32(blockRows);
    return (block, bins) => {
      const rows = block.trainRows;
      leaves.fill(0, 0, rows);
      if (rows > 0)
        this.#apply(placed, { ...block, rows, trainRows: 0 }, { score: leaves.byteOffset, bins }, undefined);
      return leaves;
    };
  }

  /** The least and the largest residual of a training row. */
  #range(): Float64Array {
    const out = Float64Array.of(Infinity, -Infinity);
    for (const block of this.#blocks.all) {
      const at = this.#blocks.open(block, ["label", "score"]);
      const label = new Float32Array(this.#arena.memory.buffer, at["label"], block.trainRows);
      const score = new Float32Array(this.#arena.memory.buffer, at["score"], block.trainRows);
      for (let i = 0; i < block.trainRows; i++) {
        const residual = label[i]! - score[i]!;
        if (residual < out[0]!) out[0] = residual;
        if (residual > out[1]!) out[1] = residual;
      }
      this.#blocks.close(block, []);
    }
    return out;
  }

  /** How the residuals of training rows lie between two borders in each leaf: what medians are found from. */
  #residuals({ tree, low, high, steps }: Residuals): Float64Array {
    const top = this.#arena.mark();
    const find = this.#finder(tree);
    const out = new Float64Array(tree.values.length * (steps + 2));
    for (const block of this.#blocks.all) {
      const at = this.#blocks.open(block, ["label", "weight", "score", "bins"]);
      const { trainRows, rows } = block;
      const leaves = find(block, at["bins"]!);
      const { buffer } = this.#arena.memory;
      const label = new Float32Array(buffer, at["label"], rows);
      const score = new Float32Array(buffer, at["score"], rows);
      const weight = at["weight"] === undefined ? undefined : new Float32Array(buffer, at["weight"], rows);
      for (let i = 0; i < trainRows; i++) {
        const leaf = leaves[i]!;
        const part = (label[i]! - score[i]! - low[leaf]!) / (high[leaf]! - low[leaf]!);
        const bin = !(part >= 0) ? 0 : part >= 1 ? steps + 1 : 1 + Math.floor(part * steps);
        out[leaf * (steps + 2) + bin]! += weight ? Math.round(weight[i]! * 2 ** 20) : 1;
      }
      this.#blocks.close(block, []);
    }
    this.#arena.reset(top);
    return out;
  }
}

export interface Residuals {
  readonly tree: WalkedTree;
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly steps: number;
}
