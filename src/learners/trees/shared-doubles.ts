/** One piece of memory for all answers of a keeper: a new buffer for each would be most of a short round's time. */
export class SharedDoubles {
  #buffer = new SharedArrayBuffer(0);

  /** Zeros. */
  take(length: number): Float64Array {
    if (this.#buffer.byteLength < 8 * length) this.#buffer = new SharedArrayBuffer(16 * length);
    return new Float64Array(this.#buffer, 0, length).fill(0);
  }
}
