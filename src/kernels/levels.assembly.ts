// Category columns: a code below 0 adds nothing.

/** margins[row] += weights[code of row]. */
export function addLevels(codes: usize, rows: i32, weights: usize, margins: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const code = load<i32>(codes + (i << 2));
    if (code < 0) continue;
    const at = margins + (i << 3);
    store<f64>(at, load<f64>(at) + load<f64>(weights + (<usize>code << 3)));
  }
}

/** gradient[code of row] += residuals[row]. */
export function sumLevels(codes: usize, rows: i32, residuals: usize, gradient: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const code = load<i32>(codes + (i << 2));
    if (code < 0) continue;
    const at = gradient + (<usize>code << 3);
    store<f64>(at, load<f64>(at) + <f64>load<f32>(residuals + (i << 2)));
  }
}

/** weights[code of row] += values[row], which are doubles. */
export function weighLevels(codes: usize, rows: i32, values: usize, weights: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const code = load<i32>(codes + (i << 2));
    if (code < 0) continue;
    const at = weights + (<usize>code << 3);
    store<f64>(at, load<f64>(at) + load<f64>(values + (i << 3)));
  }
}

/** table[code][column] += roots[row] * tile[row][column]; the tile is scaled by the roots already. */
export function crossColumns(codes: usize, rows: i32, tile: usize, width: i32, roots: usize, table: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const code = load<i32>(codes + (i << 2));
    const root = <f64>load<f32>(roots + (i << 2));
    if (code < 0 || root == 0) continue;
    let x = tile + (((i >> 3) * <usize>width) << 5) + ((i & 7) << 2);
    let at = table + <usize>(code * width << 3);
    for (let j = 0; j < width; j++) {
      store<f64>(at, load<f64>(at) + root * <f64>load<f32>(x));
      x += 32;
      at += 8;
    }
  }
}

/** table[code a][code b] += values[row]. */
export function crossLevels(a: usize, b: usize, rows: i32, widthOfB: i32, values: usize, table: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const one = load<i32>(a + (i << 2));
    const other = load<i32>(b + (i << 2));
    if ((one | other) < 0) continue;
    const at = table + (<usize>(one * widthOfB + other) << 3);
    store<f64>(at, load<f64>(at) + load<f64>(values + (i << 3)));
  }
}
