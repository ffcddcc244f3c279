import {
  closeSync,
  existsSync,
  fsync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";
import { SluiceError } from "../base/errors.js";
import { fromJson, toJson } from "../base/json.js";
import { me } from "../base/owner.js";
import { syncFile } from "../pages/store.js";
import { ensureDir, storageError, writeWhole } from "./home.js";

interface Line {
  readonly unit: string;
  /** The result itself, or the name of the file beside the journal that holds it as doubles. */
  readonly value?: unknown;
  readonly doubles?: { readonly file: string; readonly lengths: readonly number[]; readonly crc: number };
}

/** The journal's first line says whose work the others are. */
const ownerUnit = "journal of";

/**
 * What a run has finished, unit by unit, in a file that only grows. Training is a fixed sequence of units, so a resumed run
 * walks the same sequence and finds the finished ones here: nothing else has to be restored.
 */
export class Journal {
  readonly #dir: string;
  readonly #done = new Map<string, Line>();
  readonly #fd: number;
  readonly #onBegin: (unit: string) => void;
  #lastSync = 0;
  #files: number;
  /** Lines that were found damaged, with whole ones behind them, and are done again. */
  readonly damagedLines: number;
  readonly units = { reused: 0, done: 0 };

  private constructor(dir: string, file: string, found: Found, onBegin: (unit: string) => void) {
    this.#dir = dir;
    this.#onBegin = onBegin;
    this.damagedLines = found.damaged;
    for (const line of found.lines) this.#done.set(line.unit, line);
    this.#files = found.lines.length;
    try {
      this.#fd = openSync(file, "a");
    } catch (error) {
      throw storageError(error, dir);
    }
  }

  /** `owner` is of what decides the run: work that was done for something else does not count for it. */
  static open(dir: string, owner: string, onBegin: (unit: string) => void = () => {}, name = "journal"): Journal {
    ensureDir(join(dir, "units"));
    const file = join(dir, `${name}.jsonl`);
    const found = existsSync(file) ? read(readFileSync(file, "utf8")) : { lines: [], damaged: 0 };
    const [first] = found.lines;
    if (first?.unit === ownerUnit && first.value !== owner)
      throw new SluiceError(
        "run_mismatch",
        `${file} is the journal of another run; put back the one that belongs here, or remove it to do the work again`,
        { file },
      );
    // What a journal without its first line says could be anybody's.
    const mine = first?.unit === ownerUnit ? found : { lines: [], damaged: found.damaged + found.lines.length };
    const lines = mine.lines.length > 0 ? mine.lines : [{ unit: ownerUnit, value: owner }];
    writeWhole(file, lines.map(sealed).join(""));
    return new Journal(dir, file, { ...mine, lines }, onBegin);
  }

  has(unit: string): boolean {
    return this.#done.has(unit);
  }

  /** Says that work on a unit begins which no earlier run has finished. */
  begin(unit: string): void {
    this.#onBegin(unit);
  }

  /** The unit's result: from the journal if it was finished before, else computed now and kept. */
  async unit<T>(name: string, compute: () => Promise<T>): Promise<T> {
    const done = this.#done.get(name);
    if (done) {
      this.units.reused++;
      return done.value as T;
    }
    this.begin(name);
    const value = await compute();
    this.#append({ unit: name, value });
    this.#sync();
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

  /**
   * Keeps sums under a name; a later call with the same name takes its place. A killed process leaves them to the operating
   * system, and `synced` brings them to the disk: what a power cut tears shows by its checksum.
   */
  keepDoubles(name: string, sums: readonly Float64Array[], value?: unknown): void {
    const bytes = Buffer.concat(sums.map((sum) => Buffer.from(sum.buffer, sum.byteOffset, sum.byteLength)));
    const earlier = this.#done.get(name)?.doubles?.file;
    const file = `${String(this.#files++).padStart(6, "0")}.bin`;
    const path = join(this.#dir, "units", file);
    try {
      writeFileSync(`${path}.partial-${me}`, bytes);
      renameSync(`${path}.partial-${me}`, path);
    } catch (error) {
      throw storageError(error, path);
    }
    this.#append({ unit: name, value, doubles: { file, lengths: sums.map((sum) => sum.length), crc: crc32(bytes) } });
    this.#unsynced.push(path);
    if (earlier) rmSync(join(this.#dir, "units", earlier), { force: true });
  }

  #unsynced: string[] = [];

  /** Resolves when what was kept before the call is on disk; learning goes on meanwhile. */
  async synced(): Promise<void> {
    const paths = this.#unsynced;
    this.#unsynced = [];
    for (const path of paths) if (existsSync(path)) await syncFile(path);
    await promisify(fsync)(this.#fd);
  }

  close(): void {
    fsyncSync(this.#fd);
    closeSync(this.#fd);
  }

  #append(line: Line): void {
    try {
      writeSync(this.#fd, sealed(line));
    } catch (error) {
      throw storageError(error, this.#dir);
    }
    this.#done.set(line.unit, line);
  }

  /** A line is safe from a killed process once it is written, and from a power cut a second later: trees come many a second. */
  #sync(): void {
    if (Date.now() - this.#lastSync < 1000) return;
    try {
      fsyncSync(this.#fd);
      this.#lastSync = Date.now();
    } catch (error) {
      throw storageError(error, this.#dir);
    }
  }
}

interface Found {
  readonly lines: readonly Line[];
  readonly damaged: number;
}

/** A line that a crash cut short, and whatever follows a damaged one, is not taken for done. */
function read(text: string): Found {
  const texts = text.split("\n").filter((line) => line !== "");
  const torn = !text.endsWith("\n");
  const lines: Line[] = [];
  for (const line of texts) {
    const body = line.slice(9);
    if (checksum(body) !== line.slice(0, 8)) break;
    lines.push(fromJson<Line>(body));
  }
  const lost = texts.length - lines.length;
  return { lines, damaged: lost === 1 && torn ? 0 : lost };
}

const checksum = (body: string): string => crc32(body).toString(16).padStart(8, "0");

function sealed(line: Line): string {
  const body = toJson(line);
  return `${checksum(body)} ${body}\n`;
}
