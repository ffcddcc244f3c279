import { isUtf8 } from "node:buffer";
import { SluiceError } from "../../base/errors.js";

/** How records stand in a file: one a line, as items of one list, or one after the other over any number of lines. */
export type JsonShape = "lines" | "list" | "objects";

/** The shape of a text by its beginning, which is in UTF-8. */
export function shapeOf(head: string): JsonShape {
  const start = head.trimStart();
  if (start.startsWith("[")) return "list";
  if (!start.startsWith("{")) return "lines";
  const [first = "", ...rest] = start.split(/\r\n|\n|\r/);
  const second = rest.find((line) => line.trim() !== "");
  return second !== undefined && !second.trimStart().startsWith("{") && isOpen(first) ? "objects" : "lines";
}

/** More brackets are opened than closed. */
function isOpen(line: string): boolean {
  const outside = line.replace(/"(?:[^"\\]|\\.)*"/g, "");
  let depth = 0;
  for (const c of outside) depth += c === "{" || c === "[" ? 1 : c === "}" || c === "]" ? -1 : 0;
  return depth > 0;
}

/** The records of a stream of UTF-8 blocks as texts; one may span blocks. */
export const jsonTexts = (blocks: AsyncIterable<Buffer>, shape: JsonShape, file: string): AsyncGenerator<string> =>
  shape === "lines" ? lines(blocks, file) : values(blocks, shape === "list", file);

/** Lines that end in LF, CR or both. */
export async function* lines(blocks: AsyncIterable<Buffer>, file: string): AsyncGenerator<string> {
  const text = decoder(file);
  let rest: Buffer[] = [];
  let end: number | undefined;
  for await (const block of blocks) {
    // What ends lines shows in the first block that has any: no CR stands inside of one.
    end ??= block.includes(10) ? 10 : block.includes(13) ? 13 : undefined;
    let at = 0;
    for (let to = end === undefined ? -1 : block.indexOf(end); to >= 0; to = block.indexOf(end!, at)) {
      const piece = block.subarray(at, to);
      yield* apart(text(rest.length > 0 ? Buffer.concat([...rest, piece]) : piece));
      rest = [];
      at = to + 1;
    }
    // The stream may reuse its block.
    if (at < block.length) rest.push(Buffer.from(block.subarray(at)));
  }
  if (rest.length > 0) yield* apart(text(Buffer.concat(rest)));
}

const apart = (line: string): string[] => {
  const cr = line.indexOf("\r");
  return cr < 0 || cr === line.length - 1 ? [line] : line.split("\r");
};

/** Objects or other values one after the other, with blanks and commas between them; in a list, between its brackets. */
async function* values(blocks: AsyncIterable<Buffer>, inList: boolean, file: string): AsyncGenerator<string> {
  const text = decoder(file);
  let pieces: Buffer[] = [];
  let [depth, inString, escaped, begun, listed] = [0, false, false, false, inList];
  for await (const block of blocks) {
    let from = 0;
    const close = (to: number): string => {
      const value = text(Buffer.concat([...pieces, block.subarray(from, to)]));
      pieces = [];
      begun = false;
      return value;
    };
    for (let at = 0; at < block.length; at++) {
      const c = block[at]!;
      if (inString) {
        if (escaped) escaped = false;
        else if (c === 92) escaped = true;
        else if (c === 34) inString = false;
        continue;
      }
      const blank = c === 32 || c === 10 || c === 13 || c === 9;
      if (!begun) {
        if (blank || c === 44) continue;
        if (listed && c === 91) {
          listed = false;
          continue;
        }
        if (inList && c === 93) continue;
        [begun, from] = [true, at];
      } else if (depth === 0 && (blank || c === 44 || c === 93)) {
        yield close(at);
        continue;
      }
      if (c === 34) inString = true;
      else if (c === 123 || c === 91) depth++;
      else if ((c === 125 || c === 93) && --depth <= 0) {
        depth = 0;
        yield close(at + 1);
      }
    }
    if (begun) pieces.push(Buffer.from(block.subarray(from)));
  }
  if (begun) yield text(Buffer.concat(pieces));
}

/** Bytes that are no UTF-8 would all become one sign, and two names one. */
function decoder(file: string): (bytes: Buffer) => string {
  let record = 0;
  return (bytes) => {
    record++;
    if (isUtf8(bytes)) return bytes.toString();
    throw new SluiceError(
      "unreadable_source",
      `${file} has bytes that are not UTF-8 in its record ${record} (${JSON.stringify(bytes.toString("latin1", 0, 60))}); --encoding latin-1 would read them as letters of western Europe`,
      { file, record },
    );
  };
}
