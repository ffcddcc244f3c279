/**
 * One WASM memory per worker, handed out front to back: pages and scratch live here, kernels get pointers.
 * It never shrinks; its size is leased from the budget before the worker starts.
 */
export class Arena {
  readonly memory: WebAssembly.Memory;
  readonly #limit: number;
  #top: number;
  #kernels: unknown;

  constructor(limitBytes: number, baseBytes = 65_536) {
    const pages = Math.ceil(limitBytes / 65_536) + Math.ceil(baseBytes / 65_536);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.#limit = pages * 65_536;
    this.#top = baseBytes;
  }

  /**
   * A 16-byte aligned block of zeros; it stays until `reset`. Kernels work in panels of rows and may multiply what lies behind the
   * last row by 0: the bits of an earlier pass could be a NaN there.
   */
  take(bytes: number): number {
    const at = this.#top;
    this.#top = (at + bytes + 15) & ~15;
    if (this.#top > this.#limit)
      throw new Error(`arena of ${this.#limit} bytes cannot give ${bytes} more; ${at} are taken`);
    new Uint8Array(this.memory.buffer, at, bytes).fill(0);
    return at;
  }

  f64(length: number): Float64Array {
    return new Float64Array(this.memory.buffer, this.take(length * 8), length);
  }
  f32(length: number): Float32Array {
    return new Float32Array(this.memory.buffer, this.take(length * 4), length);
  }
  i32(length: number): Int32Array {
    return new Int32Array(this.memory.buffer, this.take(length * 4), length);
  }

  mark(): number {
    return this.#top;
  }
  reset(mark: number): void {
    this.#top = mark;
  }

  /** The kernels' exports bound to this memory, made once. */
  kernels<K>(make: (memory: WebAssembly.Memory) => K): K {
    this.#kernels ??= make(this.memory);
    return this.#kernels as K;
  }
}
