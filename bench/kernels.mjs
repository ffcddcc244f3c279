// Rows a second of each pass on one core, beside its plain TypeScript reference: node bench/kernels.mjs (after npm run build).
import { generator } from "../dist/base/seeds.js";
import { passes, scorers } from "../dist/learners/passes/index.js";
import { sgdEpoch } from "../dist/learners/passes/sgd-epoch.js";
import { memoryData } from "../dist/learners/testing.js";

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
  l1: 0,
  l2: 1e-4,
  momentum: 0,
  meanWeight: 1,
  centre: zeros(width),
  scale: zeros(width).fill(1),
  fill: zeros(numbers),
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
