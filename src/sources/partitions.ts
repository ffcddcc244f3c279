import { SluiceError } from "../base/errors.js";
import { type Column, int64, text } from "../base/schema.js";
import { toInt64 } from "./csv/values.js";
import type { Partition } from "./paths.js";

/** Folder values as columns: whole numbers when all of them are, else text. */
export const partitionColumns = (partitions: readonly Partition[], inFile: readonly Column[]): Column[] =>
  partitions.map(({ name, values }) => {
    if (inFile.some((column) => column.name.toLowerCase() === name.toLowerCase()))
      throw new SluiceError(
        "unreadable_source",
        `"${name}" is both a column of the files and a folder name (${name}=...); rename one of them`,
        { column: name },
      );
    return {
      name,
      type: values.every((value) => value === null || (toInt64(value) !== undefined && !/^0\d/.test(value)))
        ? int64
        : text,
    };
  });
