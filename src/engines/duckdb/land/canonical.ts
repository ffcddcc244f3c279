/** Writes records as the one CSV that needs no guessing: commas, quotes where needed, an empty cell for missing. */
export class CanonicalCsv {
  rows = 0;
  bytes = 0;
  longest = 0;
  quotedNewlines = false;
  #buffer = Buffer.allocUnsafe(1 << 19);
  #filled = 0;

  add(cells: readonly (string | null)[]): void {
    let line = "";
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i]!;
      if (i > 0) line += ",";
      if (cell === null) continue;
      if (needsQuotes.test(cell)) {
        line += `"${cell.replaceAll('"', '""')}"`;
        if (cell.includes("\n") || cell.includes("\r")) this.quotedNewlines = true;
      } else line += cell;
    }
    // A row of one missing cell would be a blank line, which readers pass over.
    line += line === "" ? '""\n' : "\n";
    const most = line.length * 3;
    if (this.#filled + most > this.#buffer.length) {
      const wider = Buffer.allocUnsafe(2 * (this.#filled + most));
      this.#buffer.copy(wider, 0, 0, this.#filled);
      this.#buffer = wider;
    }
    const length = this.#buffer.write(line, this.#filled, "utf8");
    this.#filled += length;
    this.bytes += length;
    this.rows++;
    if (length > this.longest) this.longest = length;
  }

  /** What was added since the last call; valid until the next `add`. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
    return taken;
  }
}

// U+FEFF, which a database takes for a byte order mark where a slice begins with it, is a blank to JavaScript.
const needsQuotes = /[",\n\r\s#'\0]/;
