import { closeSync, existsSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { fromJson, toJson } from "../base/json.js";
import { ensureDir, storageError, writeWhole } from "./home.js";

interface Line {
  readonly unit: string;
  /** The result itself, or the name of the file beside the journal that holds it as doubles. */
  readonly value?: unknown;
  readonly doubles?: { readonly file: string; readonly lengths: readonly number[]; readonly crc: number };
}

/**
 * What a run has finished, unit by unit, in a file that only grows. Training is a fixed sequence of units, so a resumed run
 * walks the same sequence and finds the finished ones here: nothing else has to be restored.
 */
export class Journal {
  readonly #dir: string;
  readonly #done = new Map<string, Line>();
  readonly #fd: number;
  #files: number;
  readonly units = { reused: 0, done: 0 };

  private constructor(dir: string, file: string, lines: readonly Line[]) {
    this.#dir = dir;
    for (const line of lines) this.#done.set(line.unit, line);
    this.#files = lines.length;
    try {
      this.#fd = openSync(file, "a");
    } catch (error) {
      throw storageError(error, dir);
    }
  }

  static open(dir: string, name = "journal"): Journal {
    ensureDir(join(dir, "units"));
    const file = join(dir, `${name}.jsonl`);
    const lines: Line[] = [];
    // A line that a crash cut short, and whatever follows a damaged one, is not taken for done.
    if (existsSync(file))
      for (const text of readFileSync(file, "utf8").split("\n")) {
        if (text === "") continue;
        const crc = text.slice(0, 8);
        const body = text.slice(9);
        if (crc32(body).toString(16).padStart(8, "0") !== crc) break;
        lines.push(fromJson<Line>(body));
      }
    if (lines.length > 0) writeWhole(file, lines.map(sealed).join(""));
    return new Journal(dir, file, lines);
  }

  has(unit: string): boolean {
    return this.#done.has(unit);
  }

  /** The unit's result: from the journal if it was finished before, else computed now and kept. */
  async unit<T>(name: string, compute: () => Promise<T>): Promise<T> {
    const done = this.#done.get(name);
    if (done) {
      this.units.reused++;
      return done.value as T;
    }
    const value = await compute();
    this.#append({ unit: name, value });
    this.units.done++;
    return value;
  }

  /** Sums of a unit that was finished before; undefined when there is none or its file is damaged. */
  doubles(name: string): Float64Array[] | undefined {
    const line = this.#done.get(name)?.doubles;
    if (!line) return undefined;
    const file = join(this.#dir, "units", line.file);
    if (!existsSync(file)) return undefined;
    const bytes = readFileSync(file);
    if (crc32(bytes) !== line.crc) return undefined;
    const all = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    let at = 0;
    return line.lengths.map((length) => {
      at += length;
      return all.slice(at - length, at);
    });
  }

  value<T>(name: string): T | undefined {
    return this.#done.get(name)?.value as T | undefined;
  }

  /** Keeps sums under a name; a later call with the same name takes its place. */
  keepDoubles(name: string, sums: readonly Float64Array[], value?: unknown): void {
    const bytes = Buffer.concat(sums.map((sum) => Buffer.from(sum.buffer, sum.byteOffset, sum.byteLength)));
    const earlier = this.#done.get(name)?.doubles?.file;
    const file = `${String(this.#files++).padStart(6, "0")}.bin`;
    writeWhole(join(this.#dir, "units", file), bytes);
    this.#append({ unit: name, value, doubles: { file, lengths: sums.map((sum) => sum.length), crc: crc32(bytes) } });
    if (earlier) rmSync(join(this.#dir, "units", earlier), { force: true });
  }

  keepValue(name: string, value: unknown): void {
    this.#append({ unit: name, value });
  }

  close(): void {
    closeSync(this.#fd);
  }

  #append(line: Line): void {
    try {
      writeSync(this.#fd, sealed(line));
      fsyncSync(this.#fd);
    } catch (error) {
      throw storageError(error, this.#dir);
    }
    this.#done.set(line.unit, line);
  }
}

function sealed(line: Line): string {
  const body = toJson(line);
  return `${crc32(body).toString(16).padStart(8, "0")} ${body}\n`;
}
