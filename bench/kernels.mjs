// Rows a second of each pass on one core, beside its plain TypeScript reference: node bench/kernels.mjs (after npm run build).
import { generator } from "../dist/base/seeds.js";
import { derivatives, objectives } from "../dist/kernels/boosting.reference.js";
import { kernelsOf } from "../dist/kernels/index.js";
import { drawReference, magnitude, quantiseReference, uniformReference } from "../dist/kernels/sampling.reference.js";
import {
  addTreeReference,
  binColumnReference,
  histogramReference,
  partitionReference,
} from "../dist/kernels/trees.reference.js";
import { sgdEpoch } from "../dist/learners/passes/sgd-epoch.js";
import { passes, scorers } from "../dist/learners/registry.js";
import { memoryData } from "../dist/learners/testing.js";
import { bestSplit } from "../dist/learners/trees/split.js";
import { Arena } from "../dist/pages/arena.js";

const next = generator(1);
const column = (rows, make) => Float32Array.from({ length: rows }, make);
const vector = (width) => Float64Array.from({ length: width }, () => (next() - 0.5) / Math.sqrt(width));

function data({ rows, numbers, widths = [], classes, pageRows }) {
  return memoryData({
    numbers: Array.from({ length: numbers }, () => column(rows, () => next() * 2 - 1)),
    categories: widths.map((width) => ({ codes: column(rows, () => Math.floor(next() * width)), width })),
    label: column(rows, () => (classes > 1 ? Math.floor(next() * classes) : next())),
    task: classes === 2 ? "binary" : classes > 2 ? "multiclass" : "regression",
    classes,
    ...(pageRows ? { pageRows } : {}),
  });
}

const copied = (page) => ({
  ...page,
  numbers: page.numbers.map((each) => each.slice()),
  codes: page.codes.map((each) => each.slice()),
  label: page.label.slice(),
  weight: page.weight.slice(),
});

/** Processor seconds of the fastest of several sweeps over the pages, for at least 0.4 s. */
function fastest(step, pages, sum) {
  let best = Infinity;
  for (let spent = 0, sweeps = 0; spent < 0.4 || sweeps < 2; sweeps++) {
    const start = process.cpuUsage();
    for (const page of pages) step(page, sum);
    const { user, system } = process.cpuUsage(start);
    const seconds = (user + system) / 1e6;
    best = Math.min(best, seconds);
    spent += seconds;
  }
  return best;
}

function line(label, name, given, params) {
  const { layout, pages, arena } = given;
  const pass = passes[name] ?? scorers[name] ?? sgdEpoch;
  const scores = name in scorers;
  const length = scores ? params.weights.length * layout.pageRows : pass.length(params, layout);
  const mark = arena.mark();
  const step = pass.start(params, layout, arena);
  const rows = pages.reduce((total, page) => total + page.rows, 0);
  const seconds = fastest(step, pages, new Float64Array(length)) / rows;
  const plainPage = copied(pages[0]);
  const few = Math.max(64, Math.min(plainPage.rows, Math.floor(2e7 / length)));
  const plain = fastest(step, [{ ...plainPage, rows: few }], new Float64Array(length)) / few;
  arena.reset(mark);
  const values = layout.columns.length;
  console.log(
    [
      label.padEnd(34),
      `${(1e-6 / seconds).toFixed(2).padStart(8)} M rows/s`,
      `${((values * 4 + 16) / seconds / 1e9).toFixed(2).padStart(6)} GB/s`,
      `${((seconds * 1e9) / values).toFixed(3).padStart(8)} ns/value`,
      `${(plain / seconds).toFixed(1).padStart(7)} x reference`,
    ].join(" "),
  );
}

const zeros = (width) => new Float64Array(width);
const linear = (numbers, width = numbers) => ({ fill: zeros(numbers), weights: vector(width), intercept: 0.1 });
const several = (classes, numbers) => ({
  fill: zeros(numbers),
  weights: Array.from({ length: classes }, () => vector(numbers)),
  intercepts: zeros(classes),
});
const sgd = (loss, outputs, width, numbers = width) => ({
  loss,
  outputs,
  rate: { start: 0.01, decay: 0, power: 1 },
  batchRows: 256,
  l1: zeros(width),
  l2: zeros(width).fill(1e-4),
  momentum: 0,
  meanWeight: 1,
  centre: zeros(width),
  scale: zeros(width).fill(1),
  fill: zeros(numbers),
  rows: 400_000,
  seed: 1,
});

const twenty = data({ rows: 400_000, numbers: 20, classes: 2 });
line("20 numbers: moments", "moments", twenty, { numbers: 20, classes: 2 });
line("20 numbers: gram", "gram", twenty, { fill: zeros(20) });
line("20 numbers: logistic", "logistic", twenty, linear(20));
line("20 numbers: logistic, Hessian", "logistic", twenty, { ...linear(20), hessian: true });
line("20 numbers: squared", "squared", twenty, linear(20));
line("20 numbers: scores", "linearScores", twenty, several(1, 20));
line("20 numbers: sgd", "sgdEpoch", twenty, sgd("logistic", 1, 20));
const mixed = data({ rows: 200_000, numbers: 10, widths: [12, 300], classes: 2 });
line("10 numbers, 12 + 300 levels: gram", "gram", mixed, { fill: zeros(10) });
line("10 numbers, 12 + 300: logistic", "logistic", mixed, linear(10, 322));
line("10 numbers, 12 + 300: Hessian", "logistic", mixed, { ...linear(10, 322), hessian: true });
const seven = data({ rows: 50_000, numbers: 54, classes: 7 });
line("54 x 7 classes: softmax", "softmax", seven, several(7, 54));
line("54 x 7 classes: softmax, Hessian", "softmax", seven, { ...several(7, 54), hessian: true });
const images = data({ rows: 8_000, numbers: 784, classes: 10 });
line("784 x 10 classes: softmax", "softmax", images, several(10, 784));
line("784 x 10 classes: scores", "linearScores", images, several(10, 784));
line("784 x 10 classes: sgd", "sgdEpoch", images, sgd("softmax", 10, 784));
line("784 numbers: gram", "gram", images, { fill: zeros(784) });

// Inner loops of trees, over one block of 65,536 rows: nanoseconds for each row (and column).
const blockRows = 65_536;
const treeArena = new Arena(2 ** 25);
const k = kernelsOf(treeArena);
const inArena = (Type, length, make) => {
  const to = new Type(treeArena.memory.buffer, treeArena.take(length * Type.BYTES_PER_ELEMENT), length);
  for (let i = 0; i < length; i++) to[i] = make(i);
  return to;
};
const treeStart = treeArena.mark();

function loop(label, values, run, plainValues, plain) {
  const sweeps = Math.max(1, Math.ceil(4e6 / values));
  const swept = () => {
    for (let i = 0; i < sweeps; i++) run();
  };
  const each = fastest(swept, [0]) / sweeps / values;
  const reference = fastest(plain, [0]) / plainValues;
  console.log(
    `${label.padEnd(34)} ${(each * 1e9).toFixed(3).padStart(8)} ns/value ${(reference / each).toFixed(1).padStart(7)} x reference`,
  );
}

/** `distinct` bins in each column; of the rows, the `share` that a leaf holds (1: no index). */
function histograms(label, { narrow, wide = 0, distinct = 255, share = 1 }) {
  treeArena.reset(treeStart);
  const columns = narrow + wide;
  const stride = narrow + 2 * wide;
  const bins = inArena(Uint8Array, blockRows * stride, (i) =>
    i % stride < narrow ? next() * distinct : next() * ((i - narrow) % 2 ? 1.2 : 256),
  );
  const widths = Array.from({ length: columns }, (_, c) => (c < narrow ? 256 : 512));
  const offsets = inArena(Uint32Array, columns, (c) => widths.slice(0, c).reduce((sum, each) => sum + each, 0));
  const total = widths.reduce((sum, each) => sum + each, 0);
  const gh = inArena(Int32Array, blockRows, () => ((next() * 60_000 - 30_000) << 16) | (next() * 60_000));
  const leaf = Array.from({ length: blockRows }, (_, i) => i).filter(() => share === 1 || next() < share);
  const index = inArena(Uint16Array, leaf.length, (i) => leaf[i]);
  const hist = inArena(Float64Array, total, () => 0);
  const at = share === 1 ? 0 : index.byteOffset;
  const few = leaf.slice(0, 4096);
  const plain = new Float64Array(2 * total);
  const every = Array.from({ length: columns }, (_, c) => c);
  loop(
    label,
    leaf.length * columns,
    () =>
      k.histogram(
        bins.byteOffset,
        stride,
        narrow,
        wide,
        offsets.byteOffset,
        at,
        0,
        leaf.length,
        gh.byteOffset,
        hist.byteOffset,
        0,
        columns,
      ),
    few.length * columns,
    () => histogramReference({ bins, narrow, wide }, offsets, few, gh, every, plain),
  );
}

histograms("histogram, 8 columns", { narrow: 8 });
histograms("histogram, 8, half the rows", { narrow: 8, share: 0.5 });
histograms("histogram, 8, a tenth", { narrow: 8, share: 0.1 });
histograms("histogram, 8 of 12 bins", { narrow: 8, distinct: 12 });
histograms("histogram, 6 and 2 wide", { narrow: 6, wide: 2 });
histograms("histogram, 28", { narrow: 28 });
histograms("histogram, 28, half the rows", { narrow: 28, share: 0.5 });
histograms("histogram, 28, a tenth", { narrow: 28, share: 0.1 });

for (const count of [12, 254]) {
  treeArena.reset(treeStart);
  const edges = inArena(Float32Array, count, (i) => (i + 1) / (count + 1));
  const values = inArena(Float32Array, blockRows, () => next());
  const out = inArena(Uint8Array, blockRows * 8, () => 0);
  const few = values.slice(0, 4096);
  loop(
    `binColumn, ${count} edges`,
    blockRows,
    () => k.binColumn(values.byteOffset, blockRows, edges.byteOffset, count, 255, out.byteOffset, 8, 0),
    few.length,
    () => binColumnReference(few, edges, 255),
  );
}

{
  treeArena.reset(treeStart);
  const block = { bins: inArena(Uint8Array, blockRows * 8, () => next() * 255), narrow: 8, wide: 0 };
  const table = inArena(Uint8Array, 256, () => next() * 2);
  const rows = inArena(Uint16Array, blockRows, (i) => i);
  const scratch = inArena(Uint16Array, blockRows, () => 0);
  loop(
    "partition",
    blockRows,
    () => {
      k.partition(block.bins.byteOffset, 8, 3, 0, table.byteOffset, rows.byteOffset, 0, blockRows, scratch.byteOffset);
    },
    blockRows,
    () => partitionReference(block, 3, table, rows),
  );
  const score = inArena(Float32Array, blockRows, () => 0);
  for (const leaves of [8, 63, 255]) {
    const tree = { column: [], goesLeft: [], left: [], right: [], value: [] };
    const open = [];
    for (let node = 0; node < leaves - 1; node++) {
      if (node > 0) {
        const [side, parent] = open.splice(Math.floor(next() * open.length), 1)[0];
        side[parent] = node;
      }
      tree.column.push(Math.floor(next() * 8));
      tree.goesLeft.push(Uint8Array.from({ length: 256 }, () => next() * 2));
      tree.left.push(-1);
      tree.right.push(-1);
      open.push([tree.left, node], [tree.right, node]);
    }
    open.forEach(([side, parent], leaf) => {
      side[parent] = -1 - leaf;
      tree.value.push(next() - 0.5);
    });
    const nodes = inArena(
      Int32Array,
      4 * (leaves - 1),
      (i) => [tree.column[i >> 2], 256 * (i >> 2), tree.left[i >> 2], tree.right[i >> 2]][i & 3],
    );
    const tables = inArena(Uint8Array, 256 * (leaves - 1), (i) => tree.goesLeft[i >> 8][i & 255]);
    const values = inArena(Float32Array, leaves, (i) => tree.value[i]);
    const plain = new Float32Array(blockRows);
    loop(
      `addTree, ${leaves} leaves`,
      blockRows,
      () =>
        k.addTree(
          block.bins.byteOffset,
          8,
          0,
          blockRows,
          nodes.byteOffset,
          leaves - 1,
          tables.byteOffset,
          values.byteOffset,
          score.byteOffset,
        ),
      4096,
      () => addTreeReference(block, tree, 0, 4096, plain),
    );
  }
}

for (const [code, objective] of objectives.entries()) {
  treeArena.reset(treeStart);
  const outputs = objective === "softmax" ? 3 : 1;
  const scores = inArena(Float32Array, 3 * blockRows, () => next() - 0.5);
  const y = inArena(Float32Array, blockRows, () => Math.floor(next() * 2));
  const [g, h] = [inArena(Float32Array, 3 * blockRows, () => 0), inArena(Float32Array, 3 * blockRows, () => 0)];
  const [step, alpha] = [4 * blockRows, 0.5];
  const plain = () => {
    for (let i = 0; i < 4096; i++)
      derivatives[objective](
        [scores[i], scores[i + blockRows], scores[i + 2 * blockRows]].slice(0, outputs),
        y[i],
        alpha,
      );
  };
  loop(
    `gradients, ${objective}`,
    blockRows,
    () =>
      k.gradients(
        code,
        alpha,
        blockRows,
        scores.byteOffset,
        step,
        outputs,
        y.byteOffset,
        0,
        g.byteOffset,
        h.byteOffset,
        step,
      ),
    4096,
    plain,
  );
  loop(
    `losses, ${objective}`,
    blockRows,
    () => k.losses(code, alpha, blockRows, scores.byteOffset, step, outputs, y.byteOffset, 0),
    4096,
    plain,
  );
  if (objective !== "binary") continue;
  const gh = inArena(Int32Array, blockRows, () => 0);
  const few = [g.slice(0, 4096), h.slice(0, 4096)];
  loop(
    "quantise",
    blockRows,
    () => k.quantise(blockRows, g.byteOffset, h.byteOffset, 32_767, 65_535, 7, 0, gh.byteOffset),
    4096,
    () => quantiseReference(few[0], few[1], { g: 32_767, h: 65_535 }, 7, 0),
  );
}

{
  treeArena.reset(treeStart);
  const [g, h] = [inArena(Float32Array, blockRows, () => next() - 0.5), inArena(Float32Array, blockRows, () => next())];
  const index = inArena(Uint16Array, blockRows, () => 0);
  const weights = inArena(Float32Array, blockRows, () => 0);
  const counts = inArena(Uint32Array, 32_768, () => 0);
  const lengths = () => Array.from({ length: 4096 }, (_, i) => magnitude([g[i]], [h[i]], 0.1));
  const given = [blockRows, g.byteOffset, h.byteOffset, 0.1, 1, 0];
  loop("magnitudes", blockRows, () => k.magnitudes(...given, counts.byteOffset), 4096, lengths);
  loop(
    "draw",
    blockRows,
    () => k.draw(...given, 1.5, 7, 0, index.byteOffset, weights.byteOffset),
    4096,
    () => drawReference(lengths(), 1.5, 7, 0),
  );
  loop(
    "uniform",
    blockRows,
    () => k.uniform(blockRows, 2 ** 30, 7, 0, index.byteOffset),
    4096,
    () => uniformReference(4096, 2 ** 30, 7, 0),
  );
}

/** The best split of a node of a million rows; times are for each bin of its histogram. */
function search(label, columns, constrained = false) {
  let bins = 0;
  const features = columns.map(([kind, width]) => {
    bins += width;
    return { kind, bins: width, offset: bins - width };
  });
  const histogram = new Float64Array(2 * bins);
  for (const { bins: width, offset } of features)
    for (let row = 0; row < 20_000; row++) {
      const at = 2 * (offset + Math.floor(next() * (width - 1)));
      histogram[at] += Math.floor((next() - 0.5) * 30_000 * (1 + (at % 7)));
      histogram[at + 1] += 50 * 20_000;
    }
  const first = histogram.subarray(0, 2 * features[0].bins);
  const sums = first.reduce(
    (total, value, at) => (at % 2 === 0 ? [total[0] + value, total[1]] : [total[0], total[1] + value]),
    [0, 0],
  );
  const node = { g: sums[0], h: sums[1], rows: 1e6, bounds: { lower: -Infinity, upper: Infinity } };
  const category = { smooth: 10, l2: 10, oneAgainstRest: 4, minGroupRows: 100, maxLevels: 32 };
  const monotone = features.map(() => (constrained ? 1 : 0));
  const options = { minLeafRows: 20, minLeafHessian: 1e-3, l1: 0, l2: 0, minGain: 0, monotone, category };
  const allowed = new Uint8Array(features.length).fill(1);
  const sweeps = Math.ceil(2e5 / bins);
  const swept = () => {
    for (let i = 0; i < sweeps; i++) bestSplit(histogram, { g: 1e-4, h: 1e-6 }, features, allowed, node, options);
  };
  console.log(`${label.padEnd(34)} ${((fastest(swept, [0]) / sweeps / bins) * 1e9).toFixed(3).padStart(8)} ns/bin`);
}

const numbersOf255 = (count) => Array.from({ length: count }, () => ["number", 256]);
search("28 numbers: best split", numbersOf255(28));
search("28 numbers: best monotone split", numbersOf255(28), true);
search(
  "airline: best split",
  [12, 31, 7, 24, 22, 300, 300].map((levels) => ["category", levels + 1]).concat(numbersOf255(1)),
);
search("a category of 60,000: best split", [["category", 60_001]]);
