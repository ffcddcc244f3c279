const magic = 0x184d2204;

/** Unpacks LZ4 frames (github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md) to `length` bytes; checksums are passed over. */
export function unpackLz4(packed: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  let [at, filled] = [0, 0];
  while (at < packed.length) {
    const sign = view.getUint32(at, true);
    if ((sign & ~0xf) === 0x184d2a50) {
      at += 8 + view.getUint32(at + 4, true);
      continue;
    }
    if (sign !== magic) throw new Error("LZ4: not the beginning of a frame");
    const flags = view.getUint8(at + 4);
    if (flags >> 6 !== 1) throw new Error(`LZ4: version ${flags >> 6} of frames`);
    at += 7 + (flags & 8 ? 8 : 0) + (flags & 1 ? 4 : 0);
    for (;;) {
      const size = view.getUint32(at, true);
      at += 4;
      if (size === 0) break;
      const bytes = size & 0x7fffffff;
      if (at + bytes > packed.length) throw new Error("LZ4: a block breaks off");
      const block = packed.subarray(at, at + bytes);
      if (size >>> 31) {
        if (filled + bytes > length) throw new Error("LZ4: more bytes than announced");
        out.set(block, filled);
        filled += bytes;
      } else filled = unpackBlock(block, out, filled);
      at += bytes + (flags & 16 ? 4 : 0);
    }
    if (flags & 4) at += 4;
  }
  if (filled !== length) throw new Error(`LZ4: ${filled} bytes where ${length} were announced`);
  return out;
}

/** One block: literals and copies of what stands before, by turns. A copy may reach into the blocks before. */
function unpackBlock(block: Uint8Array, out: Uint8Array, from: number): number {
  let [at, filled] = [0, from];
  const more = (length: number): number => {
    let sum = length;
    if (length === 15)
      for (let byte = 255; byte === 255; sum += byte) {
        byte = block[at++] ?? Number.NaN;
        if (Number.isNaN(byte)) throw new Error("LZ4: a length breaks off");
      }
    return sum;
  };
  while (at < block.length) {
    const token = block[at++]!;
    const literals = more(token >> 4);
    if (at + literals > block.length || filled + literals > out.length)
      throw new Error("LZ4: more bytes than announced");
    out.set(block.subarray(at, at + literals), filled);
    at += literals;
    filled += literals;
    if (at >= block.length) break;
    const back = block[at]! | (block[at + 1]! << 8);
    at += 2;
    const copied = more(token & 15) + 4;
    if (back === 0 || back > filled || filled + copied > out.length)
      throw new Error("LZ4: a copy of what is not there");
    if (back >= copied) out.copyWithin(filled, filled - back, filled - back + copied);
    else for (let i = 0; i < copied; i++) out[filled + i] = out[filled + i - back]!;
    filled += copied;
  }
  return filled;
}
