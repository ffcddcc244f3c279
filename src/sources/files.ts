import { createHash } from "node:crypto";
import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { isError, nearest, SluiceError } from "../base/errors.js";
import type { Cluster } from "./options.js";
import type { Scan, SourceFile } from "./scan.js";

const blockBytes = 64 * 1024;

const wholeBytes = 8 * blockBytes;

/**
 * A file with the fingerprint of its content: all of it where it is small, else blocks from head, middle and tail with
 * the times of the last write and of the last change, which no program can set back.
 */
export async function sourceFile(path: string): Promise<SourceFile> {
  try {
    const file = await open(path, "r");
    try {
      const stats = await file.stat({ bigint: true });
      const size = Number(stats.size);
      const times = size <= wholeBytes ? "" : `${stats.mtimeNs}:${stats.ctimeNs}:`;
      const hash = createHash("sha256").update(`${size}:${times}`);
      const block = Buffer.allocUnsafe(blockBytes);
      for (const at of positions(size)) {
        const { bytesRead } = await file.read(block, 0, blockBytes, at);
        hash.update(block.subarray(0, bytesRead));
      }
      return { path, bytes: size, modifiedMs: Number(stats.mtimeMs), fingerprint: hash.digest("hex") };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw await fileError(path, error);
  }
}

/** As many as `sourceFile` at once: thousands of open files would be more than a process may have. */
export async function sourceFiles(paths: readonly string[]): Promise<SourceFile[]> {
  return mapSome(paths, sourceFile);
}

/** A DuckDB file. Changes that were not written into it yet stand in a file beside it. */
export async function databaseFile(path: string): Promise<SourceFile> {
  const file = await sourceFile(path);
  const log = await sourceFile(`${path}.wal`).catch((error: unknown) => {
    if (isError(error, "missing_file")) return undefined;
    throw error;
  });
  if (!log || log.bytes === 0) return file;
  const fingerprint = createHash("sha256").update(file.fingerprint).update(log.fingerprint).digest("hex");
  return { ...file, fingerprint };
}

const atOnce = 32;

/** `Promise.all` for many: some at a time, in order. */
export async function mapSome<A, B>(items: readonly A[], work: (item: A) => Promise<B>): Promise<B[]> {
  const results: B[] = new Array(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i]!);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}

/** Head, tail (where Parquet keeps its footer) and six places between; a small file is read whole. */
function positions(size: number): number[] {
  if (size <= wholeBytes) return Array.from({ length: Math.ceil(size / blockBytes) }, (_, i) => i * blockBytes);
  const last = size - blockBytes;
  return Array.from({ length: 8 }, (_, i) => Math.floor((last * i) / 7));
}

/** Throws `changed_source` when a file of the scan is no longer what it was when the scan was opened. */
export async function checkUnchanged(scan: Scan, cluster?: Cluster): Promise<void> {
  if (scan.format === "spark") return cluster?.checkUnchanged(scan);
  // Parts that were landed are ours and carry the fingerprint of what they were read from: their size must hold.
  const landed = scan.format === "parquet" && scan.landed !== undefined;
  const look = scan.format === "table" ? databaseFile : sourceFile;
  const problems = await mapSome(scan.files, (file) => difference(file, look, landed));
  for (const [i, file] of scan.files.entries()) {
    const problem = problems[i];
    if (problem)
      throw new SluiceError(
        "changed_source",
        `${file.path} ${problem}; start again, so that every row is read from one version of the file`,
        { file: file.path },
      );
  }
}

async function difference(
  file: SourceFile,
  look: (path: string) => Promise<SourceFile>,
  sizeOnly: boolean,
): Promise<string | undefined> {
  let now: SourceFile;
  try {
    now = await look(file.path);
  } catch (error) {
    if (isError(error, "missing_file")) return "was removed during the run";
    throw error;
  }
  if (now.bytes < file.bytes) return `shrank from ${file.bytes} to ${now.bytes} bytes during the run`;
  if (now.bytes > file.bytes) return `grew from ${file.bytes} to ${now.bytes} bytes during the run`;
  return sizeOnly || now.fingerprint === file.fingerprint ? undefined : "changed during the run";
}

/** An error of the file system in the words of a user. Errors that are ours already come back as they are. */
export async function fileError(path: string, error: unknown): Promise<unknown> {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR": {
      const near = await nearbyNames(path);
      return new SluiceError("missing_file", `no file "${path}"${near}`, { file: path }, { cause: error });
    }
    case "EACCES":
    case "EPERM":
      return new SluiceError(
        "no_permission",
        `"${path}" may not be read by this user; chmod +r would allow it`,
        { file: path },
        { cause: error },
      );
    case "EISDIR":
      return new SluiceError(
        "unreadable_source",
        `"${path}" is a folder where a file is needed`,
        { file: path },
        { cause: error },
      );
    case "ENOSPC":
    case "EDQUOT":
      return new SluiceError(
        "disk_full",
        `no space left on the disk that holds "${path}"; free some, or point --cache at another disk`,
        { file: path },
        { cause: error },
      );
    case "EIO":
      return new SluiceError(
        "unreadable_source",
        `"${path}" could not be read: the disk reports an error`,
        { file: path },
        { cause: error },
      );
    default:
      return error;
  }
}

async function nearbyNames(path: string): Promise<string> {
  try {
    const names = (await readdir(dirname(path) || ".")).sort();
    const near = nearest(basename(path), names);
    if (near) return `; did you mean "${near}"?`;
    return names.length === 0
      ? `; ${dirname(path)} is empty`
      : `; ${dirname(path)} has ${names.slice(0, 8).join(", ")}${names.length > 8 ? ` and ${names.length - 8} more` : ""}`;
  } catch {
    const up = dirname(path);
    return (await stat(up).catch(() => undefined)) ? "" : `; there is no folder "${up}" either`;
  }
}

/** At most `length` bytes from `at`. */
export async function readAt(path: string, at: number, length: number): Promise<Buffer> {
  try {
    const file = await open(path, "r");
    try {
      const buffer = Buffer.allocUnsafe(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await file.read(buffer, filled, length - filled, at + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw await fileError(path, error);
  }
}
