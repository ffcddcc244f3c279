import { existsSync } from "node:fs";
import { CodedError, SluiceError } from "../../base/errors.js";

/** DuckDB's messages in our codes: what is the user's file, disk or memory is said as such. */
export function teach(error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason instanceof Error ? signal.reason : error;
  if (error instanceof CodedError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const missing = /^IO Error: (?:No files found that match the pattern|Cannot open file) "([^"]*)"/.exec(message);
  if (missing && !existsSync(missing[1]!))
    return new SluiceError("missing_file", `${missing[1]} does not exist`, { file: missing[1] }, { cause: error });
  const code = /no space left|could not write.*space/i.test(message)
    ? "disk_full"
    : /permission denied/i.test(message)
      ? "no_permission"
      : /^(IO Error|Invalid Error|Invalid Input Error|Serialization Error|.*(corrupt|parquet|magic bytes|footer))/i.test(
            message,
          )
        ? "unreadable_source"
        : /^Out of Memory Error/i.test(message)
          ? "budget_too_small"
          : undefined;
  if (code === "budget_too_small")
    return new SluiceError(
      code,
      `DuckDB needs more memory than its share of the budget: ${message.split("\n")[0]}. Take twice the --memory, or --threads 1`,
      {},
      { cause: error },
    );
  return code ? new SluiceError(code, message, {}, { cause: error }) : error;
}
