/** Writes records as the one CSV that needs no guessing: commas, quotes where needed, an empty cell for missing. */
export class CanonicalCsv {
  rows = 0;
  bytes = 0;
  longest = 0;
  quotedNewlines = false;
  #lines: string[] = [];
  #length = 0;

  /** Adds a record; gives a block to write when enough have come together. */
  add(cells: readonly (string | null)[]): Buffer | undefined {
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
    this.#lines.push(line);
    this.rows++;
    this.#length += line.length;
    if (line.length > this.longest) this.longest = line.length;
    return this.#length > 1 << 20 ? this.take() : undefined;
  }

  take(): Buffer {
    const block = Buffer.from(this.#lines.join(""));
    this.#lines = [];
    this.#length = 0;
    this.bytes += block.length;
    return block;
  }
}

const needsQuotes = /[",\n\r\s#'\0]/;
