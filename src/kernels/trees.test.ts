import { describe, expect, test } from "vitest";
import { generator, permutation } from "../base/seeds.js";
import { Arena } from "../pages/arena.js";
import { kernelsOf } from "./index.js";
import {
  addTreeReference,
  type BinnedTree,
  type Block,
  binColumnReference,
  histogramReference,
  partitionReference,
  strideOf,
} from "./trees.reference.js";

const arena = new Arena(2 ** 22);
const kernels = kernelsOf(arena);
const start = arena.mark();

const bytes = (from: ArrayLike<number>): Uint8Array => {
  const to = new Uint8Array(arena.memory.buffer, arena.take(from.length), from.length);
  to.set(from);
  return to;
};
const u16 = (from: ArrayLike<number>): Uint16Array => {
  const to = new Uint16Array(arena.memory.buffer, arena.take(from.length * 2), from.length);
  to.set(from);
  return to;
};
const f32 = (from: ArrayLike<number>): Float32Array => {
  const to = arena.f32(from.length);
  to.set(from);
  return to;
};
const i32 = (from: ArrayLike<number>): Int32Array => {
  const to = arena.i32(from.length);
  to.set(from);
  return to;
};

/** As toEqual of two long arrays, which takes milliseconds each. */
function expectSame(given: Float32Array | Float64Array, right: Float32Array | Float64Array): void {
  expect(given.length).toBe(right.length);
  expect(Array.from(given.keys()).filter((i) => given[i] !== right[i])).toEqual([]);
}

const narrowBins = 256;
const wideBins = 700;
const binsOf = (shape: { narrow: number; wide: number }): number[] => [
  ...Array<number>(shape.narrow).fill(narrowBins),
  ...Array<number>(shape.wide).fill(wideBins),
];

/** Random bins, in an arena that starts anew. */
function block(rows: number, shape: { narrow: number; wide: number }): Block {
  arena.reset(start);
  const next = generator(rows * 100 + shape.narrow * 10 + shape.wide);
  const row = () =>
    binsOf(shape).flatMap((bins, c) => {
      const bin = Math.floor(next() * bins);
      return c < shape.narrow ? [bin] : [bin & 255, bin >> 8];
    });
  return { ...shape, bins: bytes(Array.from({ length: rows }, row).flat()) };
}

const shapes = [
  { narrow: 1, wide: 0 },
  { narrow: 3, wide: 1 },
  { narrow: 0, wide: 2 },
  { narrow: 8, wide: 0 },
  { narrow: 13, wide: 2 },
  { narrow: 28, wide: 0 },
];
const sizes = [0, 1, 2, 7, 333, 1100];
const cases = shapes.flatMap((shape) => sizes.map((rows) => ({ ...shape, rows })));

describe("binning", () => {
  const values = [Number.NaN, -Infinity, -1, -0.5, 0, -0, 0.25, 3, 3.5, 1e30, Infinity];

  test.each([0, 1, 2, 3, 7, 8, 100, 254])("counts the edges below a value, of %i", (count) => {
    arena.reset(start);
    const next = generator(count);
    const edges = f32(
      Array.from({ length: count }, (_, i) => (i === 0 ? -0.5 : i === 1 ? 3 : 3 + 4 * next())).sort((a, b) => a - b),
    );
    const column = f32([...values, ...edges, ...Array.from({ length: 50 }, () => 10 * next() - 2)]);
    const out = bytes(new Uint8Array(column.length * 3).fill(9));
    kernels.binColumn(column.byteOffset, column.length, edges.byteOffset, count, 255, out.byteOffset + 1, 3, 0);
    const right = binColumnReference(column, edges, 255);
    expect(Array.from(out)).toEqual(right.flatMap((bin) => [9, bin, 9]));
  });

  test.each([0, 1, 9, 64])("takes %i rows of a list", (rows) => {
    arena.reset(start);
    const edges = f32([-0.5, 0, 3]);
    const column = f32(values);
    const codes = i32([-1, 5, 0, 254, 300, 65_000, -7, 1, 2, 3, 4]);
    const list = i32(Array.from({ length: rows }, (_, i) => (i * 7) % values.length));
    const out = bytes(new Uint8Array(rows * 4));
    kernels.binColumn(column.byteOffset, rows, edges.byteOffset, 3, 200, out.byteOffset, 4, list.byteOffset);
    kernels.binCodes(codes.byteOffset, rows, 255, out.byteOffset + 1, 4, list.byteOffset);
    kernels.binCodesWide(codes.byteOffset, rows, 65_535, out.byteOffset + 2, 4, list.byteOffset);
    const right = binColumnReference(column, edges, 200);
    expect(Array.from(out)).toEqual(
      Array.from(list).flatMap((row) => {
        const code = codes[row]!;
        const wide = code < 0 ? 65_535 : code;
        return [right[row]!, code < 0 ? 255 : code & 255, wide & 255, wide >> 8];
      }),
    );
  });

  test("gives every missing row the missing bin", () => {
    arena.reset(start);
    const column = f32(Array<number>(21).fill(Number.NaN));
    const codes = i32(Array<number>(21).fill(-1));
    const out = bytes(new Uint8Array(42));
    kernels.binColumn(column.byteOffset, 21, f32([1]).byteOffset, 1, 7, out.byteOffset, 2, 0);
    kernels.binCodes(codes.byteOffset, 21, 8, out.byteOffset + 1, 2, 0);
    expect(Array.from(out)).toEqual(Array.from({ length: 42 }, (_, i) => 7 + (i % 2)));
  });
});

describe.each(cases)("$narrow narrow and $wide wide columns of $rows rows", ({ rows, narrow, wide }) => {
  const shape = { narrow, wide };
  const columns = narrow + wide;
  const stride = strideOf(shape);

  /** A histogram of columns from .. to - 1, both ways: the second is as flushed. */
  function both(
    given: Block,
    index: Uint16Array | undefined,
    rowsFrom: number,
    rowsTo: number,
    from: number,
    to: number,
  ) {
    const next = generator(rows);
    const gh = i32(
      Array.from({ length: rows }, (_, i) =>
        i % 5 === 0 ? (-32_767 << 16) | 65_535 : (Math.floor(next() * 65_535 - 32_767) << 16) | (next() * 65_536),
      ),
    );
    const widths = binsOf(shape);
    const total = widths.reduce((sum, bins) => sum + bins, 0);
    const offsets = i32(widths.map((_, c) => widths.slice(0, c).reduce((sum, bins) => sum + bins, 0)));
    const hist = arena.f64(total);
    const into = arena.f64(2 * total).fill(0.5);
    kernels.histogram(
      ...([given.bins.byteOffset, stride, narrow, wide, offsets.byteOffset, index?.byteOffset ?? 0] as const),
      ...([rowsFrom, rowsTo, gh.byteOffset, hist.byteOffset, from, to] as const),
    );
    kernels.flushHistogram(hist.byteOffset, total, into.byteOffset);
    const right = new Float64Array(2 * total).fill(0.5);
    const chosen = index
      ? index.subarray(rowsFrom, rowsTo)
      : Array.from({ length: rowsTo - rowsFrom }, (_, i) => rowsFrom + i);
    const numbers = Array.from({ length: to - from }, (_, i) => from + i);
    histogramReference(given, Uint32Array.from(offsets), chosen, gh, numbers, right);
    return { into, right, hist };
  }

  test("are summed as the reference sums them", () => {
    const { into, right, hist } = both(block(rows, shape), undefined, 0, rows, 0, columns);
    expectSame(into, right);
    expect(hist.every((value) => value === 0)).toBe(true);
  });

  test("are summed over some rows and columns", () => {
    const given = block(rows, shape);
    const index = u16(permutation(rows, 3).slice(0, Math.ceil(rows * 0.7)));
    const [from, to] = [Math.min(1, index.length), Math.max(index.length - 1, Math.min(1, index.length))];
    const { into, right } = both(given, index, from, to, columns > 1 ? 1 : 0, columns);
    expectSame(into, right);
    const fewer = both(block(rows, shape), undefined, Math.min(1, rows), rows, 0, Math.max(1, columns - 2));
    expectSame(fewer.into, fewer.right);
  });

  test("are parted in place, both sides in order", () => {
    for (const column of new Set([0, columns - 1])) {
      const given = block(rows, shape);
      const bins = binsOf(shape)[column]!;
      const table = bytes(Array.from({ length: bins }, (_, bin) => ((bin * 7) % 3 === 0 ? 1 : 0)));
      const index = u16(permutation(rows, 5));
      const before = index.slice();
      const scratch = u16(new Uint16Array(rows));
      const [from, to] = [Math.min(1, rows), rows];
      const at = column < narrow ? column : narrow + 2 * (column - narrow);
      const left = kernels.partition(
        ...([given.bins.byteOffset, stride, at, column < narrow ? 0 : 1, table.byteOffset] as const),
        ...([index.byteOffset, from, to, scratch.byteOffset] as const),
      );
      const right = partitionReference(given, column, table, before.subarray(from, to));
      expect(left).toBe(right.left.length);
      expect(Array.from(index)).toEqual([...before.subarray(0, from), ...right.left, ...right.right]);
    }
  });

  test("walk a tree to the leaf of the reference", () => {
    for (const inner of [0, 1, 2, 30]) {
      const given = block(rows, shape);
      const tree = randomTree(inner, shape);
      const score = f32(Float32Array.from({ length: rows }, (_, i) => i / 8));
      const right = score.slice();
      const [from, to] = [Math.min(1, rows), rows];
      const starts = tree.goesLeft.map((_, i) => tree.goesLeft.slice(0, i).reduce((sum, each) => sum + each.length, 0));
      const nodes = i32(
        tree.left.flatMap((_, i) => {
          const column = tree.column[i]!;
          const place = column < narrow ? column : (narrow + 2 * (column - narrow)) | 0x80000000;
          return [place, starts[i]!, tree.left[i]!, tree.right[i]!];
        }),
      );
      const tables = bytes(tree.goesLeft.flatMap((each) => Array.from(each)));
      const values = f32(tree.value);
      kernels.addTree(
        ...([given.bins.byteOffset, stride, from, to, nodes.byteOffset, inner] as const),
        ...([tables.byteOffset, values.byteOffset, score.byteOffset] as const),
      );
      addTreeReference(given, tree, from, to, right);
      expectSame(score, right);
    }
  });
});

/** Splits random leaves of a growing tree. */
function randomTree(inner: number, shape: { narrow: number; wide: number }): BinnedTree {
  const next = generator(inner + 1);
  const [left, right, column, goesLeft]: [number[], number[], number[], number[][]] = [[], [], [], []];
  const widths = binsOf(shape);
  for (let i = 0; i < inner; i++) {
    if (i > 0) {
      // leaf i (the last made) or any other becomes node i
      const open = [left, right]
        .flatMap((side) => side.map((child, node) => ({ side, child, node })))
        .filter(({ child }) => child < 0);
      const { side, node } = open[Math.floor(next() * open.length)]!;
      side[node] = i;
    }
    left.push(-1);
    right.push(-1);
    const chosen = Math.floor(next() * widths.length);
    column.push(chosen);
    goesLeft.push(Array.from({ length: widths[chosen]! }, () => (next() < 0.5 ? 1 : 0)));
  }
  let leaves = 0;
  for (const side of [left, right])
    side.forEach((child, node) => {
      if (child < 0) side[node] = -1 - leaves++;
    });
  return { left, right, column, goesLeft, value: Array.from({ length: Math.max(1, leaves) }, (_, i) => i + 0.25) };
}

test.each([1, 3, 4, 7, 8, 9, 16, 29])("rows of %i bytes are gathered", (stride) => {
  arena.reset(start);
  const rows = 20;
  const bins = bytes(Array.from({ length: rows * stride }, (_, i) => (i * 37) & 255));
  const index = u16([3, 0, 19, 19, 7]);
  const out = bytes(new Uint8Array(6 * stride).fill(1));
  kernels.gather(bins.byteOffset, stride, index.byteOffset, index.length, out.byteOffset);
  const right = Array.from(index).flatMap((row) => Array.from(bins.subarray(row * stride, (row + 1) * stride)));
  expect(Array.from(out)).toEqual([...right, ...Array<number>(stride).fill(1)]);
});

test("gradients are gathered, with and without weights", () => {
  arena.reset(start);
  const [values, weights, out] = [f32([1, 2, 3, 4]), f32([2, 0.5]), f32([0, 0, 7])];
  const index = u16([3, 1]);
  kernels.gatherPairs(values.byteOffset, index.byteOffset, weights.byteOffset, 2, out.byteOffset);
  expect(Array.from(out)).toEqual([8, 1, 7]);
  kernels.gatherPairs(values.byteOffset, index.byteOffset, 0, 2, out.byteOffset);
  expect(Array.from(out)).toEqual([4, 2, 7]);
});

test("a leaf's value is added to its rows alone", () => {
  arena.reset(start);
  const score = f32([1, 2, 3, 4, 5]);
  const index = u16([4, 3, 0, 1]);
  kernels.addLeaf(index.byteOffset, 1, 3, 0.5, score.byteOffset);
  expect(Array.from(score)).toEqual([1.5, 2, 3, 4.5, 5]);
  kernels.addLeaf(index.byteOffset, 2, 2, 0.5, score.byteOffset);
  expect(Array.from(score)).toEqual([1.5, 2, 3, 4.5, 5]);
});

test("a histogram holds a whole block of the largest pairs", () => {
  const rows = 65_536;
  arena.reset(start);
  const bins = bytes(new Uint8Array(rows));
  const gh = i32(new Int32Array(rows).fill((-32_767 << 16) | 65_535));
  const [hist, into] = [arena.f64(1), arena.f64(2)];
  kernels.histogram(bins.byteOffset, 1, 1, 0, i32([0]).byteOffset, 0, 0, rows, gh.byteOffset, hist.byteOffset, 0, 1);
  kernels.flushHistogram(hist.byteOffset, 1, into.byteOffset);
  expect(Array.from(into)).toEqual([-32_767 * rows, 65_535 * rows]);
});
