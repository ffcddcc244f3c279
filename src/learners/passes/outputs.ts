import type { Numbers } from "../../kernels/space.js";
import type { Arena } from "../../pages/arena.js";
import { type Block, blockRows, type Tiles } from "./tiles.js";

/** Margins of K linear outputs over a block, and gradients from its residuals. The tile's first extra column is ones. */
export class Outputs {
  readonly count: number;
  readonly margins: Float64Array;
  readonly residuals: number;
  readonly #tiles: Tiles;
  readonly #weights: Float32Array;
  readonly #levels: Float64Array;
  readonly #intercepts: Float64Array;
  readonly #dense: Float64Array;
  readonly #ofLevels: Float64Array;

  constructor(arena: Arena, tiles: Tiles, count: number) {
    const { numbers, width } = tiles.space;
    this.#tiles = tiles;
    this.count = count;
    this.margins = arena.f64(count * blockRows);
    this.residuals = arena.take(count * blockRows * 4);
    this.#weights = arena.f32(count * numbers);
    this.#levels = arena.f64(count * (width - numbers));
    this.#intercepts = new Float64Array(count);
    this.#dense = arena.f64(count * tiles.width);
    this.#ofLevels = arena.f64(count * (width - numbers));
  }

  /** Weights of output k, from `at` on in `weights`: numbers are rounded to float32, levels and intercept stay as they are. */
  set(k: number, weights: Numbers, intercept: number): void {
    const { numbers, width } = this.#tiles.space;
    const levels = width - numbers;
    for (let j = 0; j < numbers; j++) this.#weights[k * numbers + j] = weights[j]!;
    for (let j = 0; j < levels; j++) this.#levels[k * levels + j] = weights[numbers + j]!;
    this.#intercepts[k] = intercept;
  }

  clear(): void {
    this.#dense.fill(0);
    this.#ofLevels.fill(0);
  }

  forward({ rows, panels, codes }: Block): void {
    const { kernels, tile, width, space } = this.#tiles;
    const levels = space.width - space.numbers;
    for (let k = 0; k < this.count; k++)
      this.margins.fill(this.#intercepts[k]!, k * blockRows, k * blockRows + panels * 8);
    kernels.forward(tile, width, space.numbers, panels, this.count, this.#weights.byteOffset, this.margins.byteOffset);
    codes.forEach((at, c) => {
      const first = space.categories[c]!.at - space.numbers;
      for (let k = 0; k < this.count; k++)
        kernels.addLevels(
          at,
          rows,
          this.#levels.byteOffset + (k * levels + first) * 8,
          this.margins.byteOffset + k * blockRows * 8,
        );
    });
  }

  backward({ rows, panels, codes }: Block): void {
    const { kernels, tile, width, space } = this.#tiles;
    const levels = space.width - space.numbers;
    kernels.packOnes(panels, tile, width, space.numbers);
    kernels.backward(tile, width, panels, this.count, this.residuals, this.#dense.byteOffset);
    codes.forEach((at, c) => {
      const first = space.categories[c]!.at - space.numbers;
      for (let k = 0; k < this.count; k++)
        kernels.sumLevels(
          at,
          rows,
          this.residuals + k * blockRows * 4,
          this.#ofLevels.byteOffset + (k * levels + first) * 8,
        );
    });
  }

  /** into[at ..] += the gradient since `clear`: per output p coefficients, then the intercept. */
  addTo(into: Float64Array, at: number): void {
    const { space, width } = this.#tiles;
    const levels = space.width - space.numbers;
    for (let k = 0; k < this.count; k++, at += space.width + 1) {
      for (let j = 0; j < space.numbers; j++) into[at + j]! += this.#dense[k * width + j]!;
      for (let j = 0; j < levels; j++) into[at + space.numbers + j]! += this.#ofLevels[k * levels + j]!;
      into[at + space.width]! += this.#dense[k * width + space.numbers]!;
    }
  }
}
