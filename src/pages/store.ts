import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  write,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { hashOf } from "../base/canonical.js";
import { SluiceError } from "../base/errors.js";
import { me } from "../base/owner.js";
import { type PageLayout, pageShape } from "./page.js";

/** Raised when the meaning of a page's bytes changes; part of every cache key. */
export const pageVersion = 1;
const magic = 0x47504c53; // "SLPG"
const headerBytes = 64;

export interface PageHeader {
  readonly rows: number;
  readonly index: number;
  readonly file: number;
  readonly firstRow: number;
}

/** What a finished page set is: one `pages.bin` of equal strides and this, beside it. */
export interface PageManifest {
  readonly version: number;
  readonly layout: PageLayout;
  readonly pages: readonly (PageHeader & { readonly lastRow: number })[];
  /** The set holds every row of its relation; otherwise it stops at the last page, and a later run goes on from there. */
  readonly complete: boolean;
}

export const strideOf = (layout: PageLayout): number => headerBytes + pageShape(layout).bytes;

/** Bytes of the body that stands behind `headerBytes` in `buffer`: where rows have terms, the last row says how many there are. */
export function bodyBytes(buffer: ArrayBuffer, at: number, layout: PageLayout, rows: number): number {
  return pageShape(layout, rows, termCounts(buffer, at + headerBytes, layout, rows)).bytes;
}

/** Terms of each column of terms of the body at `at`. */
export function termCounts(buffer: ArrayBuffer, at: number, layout: PageLayout, rows: number): number[] {
  if (layout.pageTerms === undefined) return [];
  const { offsets } = pageShape(layout, rows, []);
  return layout.columns.flatMap(({ kind }, i) =>
    kind === "terms" ? [rows === 0 ? 0 : new Int32Array(buffer, at + offsets[i]!, rows)[rows - 1]!] : [],
  );
}

/** Writes the header in front of the body: `bytes` is both. */
export function sealPage(bytes: Uint8Array, layout: PageLayout, header: PageHeader): void {
  const body = bytes.subarray(headerBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  view.setUint32(0, magic, true);
  view.setUint32(4, pageVersion, true);
  view.setUint32(8, header.rows, true);
  view.setUint32(12, header.index, true);
  view.setUint32(16, header.file, true);
  view.setUint32(20, crc32(body), true);
  view.setFloat64(24, header.firstRow, true);
  view.setUint32(32, layoutTag(layout), true);
  view.setUint32(36, body.byteLength, true);
}

/**
 * Checks what was read against what it must be; a damaged page is named, and the cache entry can be rebuilt. `trusted` pages were
 * written or checked by this process before: their bytes are not summed again.
 */
export function openPage(
  bytes: Uint8Array,
  layout: PageLayout,
  index: number,
  where: string,
  trusted = false,
): PageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const rows = view.getUint32(8, true);
  const fits = rows <= layout.pageRows && view.getUint32(0, true) === magic && view.getUint32(12, true) === index;
  const bodyLength = layout.pageTerms === undefined ? pageShape(layout, rows).bytes : view.getUint32(36, true);
  const body = bytes.subarray(headerBytes, headerBytes + (fits ? bodyLength : 0));
  if (
    !fits ||
    view.getUint32(4, true) !== pageVersion ||
    view.getUint32(32, true) !== layoutTag(layout) ||
    (!trusted && crc32(body) !== view.getUint32(20, true))
  )
    throw new SluiceError(
      "damaged",
      `page ${index} of ${where} is damaged; remove it with "sluice cache --clear" and run again`,
      {
        file: where,
        page: index,
      },
    );
  return { rows, index, file: view.getUint32(16, true), firstRow: view.getFloat64(24, true) };
}

const layoutTags = new WeakMap<PageLayout, number>();
function layoutTag(layout: PageLayout): number {
  let tag = layoutTags.get(layout);
  if (tag === undefined) {
    tag = Number.parseInt(hashOf(layout).slice(0, 8), 16);
    layoutTags.set(layout, tag);
  }
  return tag;
}

export const bodyOffset = headerBytes;
export const pagesFile = (dir: string): string => join(dir, "pages.bin");
export const manifestFile = (dir: string): string => join(dir, "manifest.json");

export function readManifest(dir: string): PageManifest | undefined {
  const file = manifestFile(dir);
  if (!existsSync(file) || !existsSync(pagesFile(dir))) return undefined;
  try {
    const manifest = JSON.parse(readFileSync(file, "utf8")) as PageManifest;
    return manifest.version === pageVersion ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** New file, rename: whoever reads it sees all of it. What a power cut leaves of manifest and pages is checked when it is read. */
export function writeManifest(dir: string, manifest: PageManifest): void {
  const partial = join(dir, `manifest.json.${me}`);
  writeFileSync(partial, JSON.stringify(manifest));
  renameSync(partial, manifestFile(dir));
}

export function syncPath(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** fsync on another thread. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Positional whole-buffer write and read, so that any worker can do any page. */
export function writeFully(fd: number, bytes: Uint8Array, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const step = (done: number): void => {
      if (done === bytes.byteLength) resolve();
      else
        write(fd, bytes, done, bytes.byteLength - done, position + done, (error, written) => {
          if (error) reject(error);
          else if (written === 0) reject(new Error(`nothing of ${bytes.byteLength - done} bytes could be written`));
          else step(done + written);
        });
    };
    step(0);
  });
}
export function readFully(fd: number, bytes: Uint8Array, position: number): number {
  let done = 0;
  while (done < bytes.byteLength) {
    const got = readSync(fd, bytes, done, bytes.byteLength - done, position + done);
    if (got === 0) break;
    done += got;
  }
  return done;
}

/** The pages no longer count; they are written again in the same places, where another run may be reading those that are whole. */
export const removeManifest = (dir: string): void => rmSync(manifestFile(dir), { force: true });
