import { chmodSync } from "node:fs";

// What we keep (runs, models, pages, landed rows) holds the user's data, perhaps of a file that only they may read. The command line
// makes all its files and folders for the user alone, and gives back the usual rights to what it was asked to write.

let usual: number | undefined;

/** From here on new files of this process are 600 and new folders 700. */
export function keepPrivate(): void {
  usual ??= process.umask(0o077);
}

/** A file that the user named gets the rights that their other new files have. */
export function asUsual(path: string): void {
  if (usual !== undefined) chmodSync(path, 0o666 & ~usual);
}
