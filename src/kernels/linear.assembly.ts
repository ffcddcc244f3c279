// Margins and gradients of linear models over a tile (see tile.assembly.ts). Sums over at most 32 columns, and over the
// rows of a tile, are float32 in several lanes; everything else adds up in doubles.

const blockRows: usize = 256;
const chunk: i32 = 32;

@inline
function fma(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b));
}

@inline
function grow4(at: usize, sum: v128): void {
  v128.store(at, f64x2.add(v128.load(at), f64x2.promote_low_f32x4(sum)));
  v128.store(at, f64x2.add(v128.load(at, 16), f64x2.promote_low_f32x4(i64x2.shuffle(sum, sum, 1, 0))), 16);
}

@inline
function grow(at: usize, sum: v128): void {
  const two = f64x2.add(f64x2.promote_low_f32x4(sum), f64x2.promote_low_f32x4(i64x2.shuffle(sum, sum, 1, 0)));
  store<f64>(at, load<f64>(at) + (f64x2.extract_lane(two, 0) + f64x2.extract_lane(two, 1)));
}

@inline
function weight(at: usize, column: i32): v128 {
  return v128.load_splat<f32>(at + (<usize>column << 2));
}

/** margins[row] += weights · row, over the first `count` columns. */
function forwardOne(tile: usize, width: i32, count: i32, panels: i32, weights: usize, margins: usize): void {
  for (let panel = 0; panel < panels; panel++) {
    for (let from = 0; from < count; from += chunk) {
      const end = min(from + chunk, count);
      let x = tile + (<usize>from << 5);
      let s0 = f32x4.splat(0), s1 = s0, t0 = s0, t1 = s0;
      let j = from;
      for (; j + 2 <= end; j += 2) {
        const v = weight(weights, j);
        const w = weight(weights, j + 1);
        s0 = fma(s0, v, v128.load(x));
        s1 = fma(s1, v, v128.load(x, 16));
        t0 = fma(t0, w, v128.load(x, 32));
        t1 = fma(t1, w, v128.load(x, 48));
        x += 64;
      }
      if (j < end) {
        const v = weight(weights, j);
        s0 = fma(s0, v, v128.load(x));
        s1 = fma(s1, v, v128.load(x, 16));
      }
      grow4(margins, f32x4.add(s0, t0));
      grow4(margins + 32, f32x4.add(s1, t1));
    }
    tile += <usize>width << 5;
    margins += 64;
  }
}

/** The same for five outputs at once; output k has its weights at + k * count * 4 and its margins at + k * 2048. */
function forwardFive(tile: usize, width: i32, count: i32, panels: i32, weights: usize, margins: usize): void {
  const next = <usize>count << 2;
  const out = blockRows << 3;
  for (let panel = 0; panel < panels; panel++) {
    for (let from = 0; from < count; from += chunk) {
      const end = min(from + chunk, count);
      let x = tile + (<usize>from << 5);
      let w = weights + (<usize>from << 2);
      let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0, t4 = s0;
      for (let j = from; j < end; j++) {
        const low = v128.load(x);
        const high = v128.load(x, 16);
        let v = v128.load_splat<f32>(w);
        s0 = fma(s0, v, low);
        t0 = fma(t0, v, high);
        v = v128.load_splat<f32>(w + next);
        s1 = fma(s1, v, low);
        t1 = fma(t1, v, high);
        v = v128.load_splat<f32>(w + 2 * next);
        s2 = fma(s2, v, low);
        t2 = fma(t2, v, high);
        v = v128.load_splat<f32>(w + 3 * next);
        s3 = fma(s3, v, low);
        t3 = fma(t3, v, high);
        v = v128.load_splat<f32>(w + 4 * next);
        s4 = fma(s4, v, low);
        t4 = fma(t4, v, high);
        x += 32;
        w += 4;
      }
      grow4(margins, s0);
      grow4(margins + 32, t0);
      grow4(margins + out, s1);
      grow4(margins + out + 32, t1);
      grow4(margins + 2 * out, s2);
      grow4(margins + 2 * out + 32, t2);
      grow4(margins + 3 * out, s3);
      grow4(margins + 3 * out + 32, t3);
      grow4(margins + 4 * out, s4);
      grow4(margins + 4 * out + 32, t4);
    }
    tile += <usize>width << 5;
    margins += 64;
  }
}

/** margins[k][row] += weights[k] · row over the first `count` columns of the tile. */
export function forward(tile: usize, width: i32, count: i32, panels: i32, outputs: i32, weights: usize, margins: usize): void {
  let k = 0;
  for (; k + 5 <= outputs; k += 5) {
    forwardFive(tile, width, count, panels, weights, margins);
    weights += 5 * (<usize>count << 2);
    margins += 5 * (blockRows << 3);
  }
  for (; k < outputs; k++) {
    forwardOne(tile, width, count, panels, weights, margins);
    weights += <usize>count << 2;
    margins += blockRows << 3;
  }
}

/** gradient[column] += residuals · column: four columns at once. */
function backwardOne(tile: usize, width: i32, panels: i32, residuals: usize, gradient: usize): void {
  const stride = <usize>width << 5;
  let j = 0;
  for (; j + 4 <= width; j += 4) {
    let x = tile + (<usize>j << 5);
    let r = residuals;
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
    for (let panel = 0; panel < panels; panel++) {
      const low = v128.load(r);
      const high = v128.load(r, 16);
      s0 = fma(s0, low, v128.load(x));
      t0 = fma(t0, high, v128.load(x, 16));
      s1 = fma(s1, low, v128.load(x, 32));
      t1 = fma(t1, high, v128.load(x, 48));
      s2 = fma(s2, low, v128.load(x, 64));
      t2 = fma(t2, high, v128.load(x, 80));
      s3 = fma(s3, low, v128.load(x, 96));
      t3 = fma(t3, high, v128.load(x, 112));
      r += 32;
      x += stride;
    }
    const at = gradient + (<usize>j << 3);
    grow(at, f32x4.add(s0, t0));
    grow(at + 8, f32x4.add(s1, t1));
    grow(at + 16, f32x4.add(s2, t2));
    grow(at + 24, f32x4.add(s3, t3));
  }
  for (; j < width; j++) {
    let x = tile + (<usize>j << 5);
    let r = residuals;
    let s = f32x4.splat(0), t = s;
    for (let panel = 0; panel < panels; panel++) {
      s = fma(s, v128.load(r), v128.load(x));
      t = fma(t, v128.load(r, 16), v128.load(x, 16));
      r += 32;
      x += stride;
    }
    grow(gradient + (<usize>j << 3), f32x4.add(s, t));
  }
}

/** Five outputs by two columns; output k has its residuals at + k * 1024 and its gradient at + k * width * 8. */
function backwardFive(tile: usize, width: i32, panels: i32, residuals: usize, gradient: usize): void {
  const stride = <usize>width << 5;
  const next = <usize>width << 3;
  let j = 0;
  for (; j + 2 <= width; j += 2) {
    let x = tile + (<usize>j << 5);
    let r = residuals;
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0, t4 = s0;
    for (let half = 0; half < panels << 1; half++) {
      const a = v128.load(x);
      const b = v128.load(x, 32);
      let v = v128.load(r);
      s0 = fma(s0, v, a);
      t0 = fma(t0, v, b);
      v = v128.load(r, 1024);
      s1 = fma(s1, v, a);
      t1 = fma(t1, v, b);
      v = v128.load(r, 2048);
      s2 = fma(s2, v, a);
      t2 = fma(t2, v, b);
      v = v128.load(r, 3072);
      s3 = fma(s3, v, a);
      t3 = fma(t3, v, b);
      v = v128.load(r, 4096);
      s4 = fma(s4, v, a);
      t4 = fma(t4, v, b);
      r += 16;
      x += half & 1 ? stride - 16 : 16;
    }
    const at = gradient + (<usize>j << 3);
    grow(at, s0);
    grow(at + 8, t0);
    grow(at + next, s1);
    grow(at + next + 8, t1);
    grow(at + 2 * next, s2);
    grow(at + 2 * next + 8, t2);
    grow(at + 3 * next, s3);
    grow(at + 3 * next + 8, t3);
    grow(at + 4 * next, s4);
    grow(at + 4 * next + 8, t4);
  }
  for (; j < width; j++)
    for (let k: usize = 0; k < 5; k++) {
      let x = tile + (<usize>j << 5);
      let r = residuals + k * 1024;
      let s = f32x4.splat(0), t = s;
      for (let panel = 0; panel < panels; panel++) {
        s = fma(s, v128.load(r), v128.load(x));
        t = fma(t, v128.load(r, 16), v128.load(x, 16));
        r += 32;
        x += stride;
      }
      grow(gradient + k * next + (<usize>j << 3), f32x4.add(s, t));
    }
}

/** gradient[k][column] += residuals[k] · column, over all columns of the tile. */
export function backward(tile: usize, width: i32, panels: i32, outputs: i32, residuals: usize, gradient: usize): void {
  let k = 0;
  for (; k + 5 <= outputs; k += 5) {
    backwardFive(tile, width, panels, residuals, gradient);
    residuals += 5 * (blockRows << 2);
    gradient += 5 * (<usize>width << 3);
  }
  for (; k < outputs; k++) {
    backwardOne(tile, width, panels, residuals, gradient);
    residuals += blockRows << 2;
    gradient += <usize>width << 3;
  }
}
