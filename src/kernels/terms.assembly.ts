// Codes of the terms of a text: `termCodes` of expr/words.ts over bytes. MD5 (RFC 1321) is done for four terms at a time, a lane for each.

const sines = memory.data<u32>([
  0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
  0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
  0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
  0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
  0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
  0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
  0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
  0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
]);
const places = memory.data<u8>([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
const start = memory.data<u32>([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]);

@inline
function turned(x: v128, by: i32): v128 {
  return v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by));
}

/** b + (a + f + word + sine) turned; `at` is the step, `word` the place in the block. */
@inline
function step(f: v128, a: v128, b: v128, block: usize, word: i32, at: i32, by: i32): v128 {
  const sum = i32x4.add(i32x4.add(f, a), i32x4.add(v128.load(block + (<usize>word << 4)), v128.load32_splat(sines + (<usize>at << 2))));
  return i32x4.add(b, turned(sum, by));
}
@inline
function choose(b: v128, c: v128, d: v128): v128 {
  return v128.bitselect(c, d, b);
}
@inline
function parity(b: v128, c: v128, d: v128): v128 {
  return v128.xor(v128.xor(b, c), d);
}
@inline
function odd(b: v128, c: v128, d: v128): v128 {
  return v128.xor(c, v128.or(b, v128.not(d)));
}

/** One block of each lane, its words side by side at `block`; the four words of the state stand at `state`. */
function compress(block: usize, state: usize): void {
  let a = v128.load(state), b = v128.load(state, 16), c = v128.load(state, 32), d = v128.load(state, 48);
  for (let i = 0; i < 16; i += 4) {
    a = step(choose(b, c, d), a, b, block, i, i, 7);
    d = step(choose(a, b, c), d, a, block, i + 1, i + 1, 12);
    c = step(choose(d, a, b), c, d, block, i + 2, i + 2, 17);
    b = step(choose(c, d, a), b, c, block, i + 3, i + 3, 22);
  }
  for (let i = 0; i < 16; i += 4) {
    a = step(choose(d, b, c), a, b, block, (5 * i + 1) & 15, i + 16, 5);
    d = step(choose(c, a, b), d, a, block, (5 * i + 6) & 15, i + 17, 9);
    c = step(choose(b, d, a), c, d, block, (5 * i + 11) & 15, i + 18, 14);
    b = step(choose(a, c, d), b, c, block, (5 * i) & 15, i + 19, 20);
  }
  for (let i = 0; i < 16; i += 4) {
    a = step(parity(b, c, d), a, b, block, (3 * i + 5) & 15, i + 32, 4);
    d = step(parity(a, b, c), d, a, block, (3 * i + 8) & 15, i + 33, 11);
    c = step(parity(d, a, b), c, d, block, (3 * i + 11) & 15, i + 34, 16);
    b = step(parity(c, d, a), b, c, block, (3 * i + 14) & 15, i + 35, 23);
  }
  for (let i = 0; i < 16; i += 4) {
    a = step(odd(b, c, d), a, b, block, (7 * i) & 15, i + 48, 6);
    d = step(odd(a, b, c), d, a, block, (7 * i + 7) & 15, i + 49, 10);
    c = step(odd(d, a, b), c, d, block, (7 * i + 14) & 15, i + 50, 15);
    b = step(odd(c, d, a), b, c, block, (7 * i + 5) & 15, i + 51, 21);
  }
  v128.store(state, i32x4.add(v128.load(state), a));
  v128.store(state, i32x4.add(v128.load(state, 16), b), 16);
  v128.store(state, i32x4.add(v128.load(state, 32), c), 32);
  v128.store(state, i32x4.add(v128.load(state, 48), d), 48);
}

@inline
function begin(state: usize): void {
  for (let i: usize = 0; i < 4; i++) v128.store(state + (i << 4), v128.load32_splat(start + (i << 2)));
}

/** The words of four lanes of 64 bytes side by side. */
@inline
function transpose(lanes: usize, block: usize): void {
  for (let i: usize = 0; i < 64; i += 4) {
    let x = v128.load32_zero(lanes + i);
    x = v128.load32_lane(lanes + i, x, 1, 64);
    x = v128.load32_lane(lanes + i, x, 2, 128);
    x = v128.load32_lane(lanes + i, x, 3, 192);
    v128.store(block + (i << 2), x);
  }
}

/** `length` bytes, at most 64, with zeros behind them. Reads up to 63 bytes more. */
@inline
function padded(from: usize, length: i32, to: usize): void {
  const at = v128.load(places);
  for (let i = 0; i < 64; i += 16) {
    const inside = i8x16.lt_s(at, i8x16.splat(<i8>(length - i)));
    v128.store(to + i, v128.and(v128.load(from + i), inside));
  }
}

/** A term of more than 55 bytes, in the first lane. */
function codeOfLong(from: usize, length: i32, lanes: usize, block: usize, state: usize): i32 {
  begin(state);
  let at = 0;
  for (; at + 64 <= length; at += 64) {
    padded(from + at, 64, lanes);
    transpose(lanes, block);
    compress(block, state);
  }
  const rest = length - at;
  padded(from + at, rest, lanes);
  store<u8>(lanes + rest, 0x80);
  if (rest > 55) {
    transpose(lanes, block);
    compress(block, state);
    padded(from, 0, lanes);
  }
  store<u64>(lanes, (<u64>length) << 3, 56);
  transpose(lanes, block);
  compress(block, state);
  return load<i32>(state) & 0x7fffffff;
}

/** Whether the code point is part of a word: outside of the pairs (first, last) at `separators`, which are in their order. */
function isOfWord(point: i32, separators: usize, pairs: i32): bool {
  let low = 0, high = pairs;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<i32>(separators + (<usize>middle << 3)) <= point) low = middle + 1;
    else high = middle;
  }
  return low == 0 || load<i32>(separators + (<usize>(low - 1) << 3), 4) < point;
}

/**
 * Writes the codes to `out` and answers how many. The text is UTF-8, with 64 bytes behind it that may be read. Of scratch it takes at
 * `joined` the text's bytes and one for each word and 80 more, at `words` two numbers for each of `most` words, at `room` 640 bytes.
 */
export function termCodes(
  text: usize, length: i32, separators: usize, pairs: i32, ngrams: i32, most: i32, joined: usize, words: usize, room: usize, out: usize,
): i32 {
  let at = 0, count = 0, i = 0;
  while (i < length && count < most) {
    const from = i;
    let points = 0, step = 0;
    for (; i < length; i += step) {
      const byte = <i32>load<u8>(text + i);
      if (byte < 0x80) {
        step = 1;
        const small = byte | 0x20;
        if (!((small >= 0x61 && small <= 0x7a) || (byte >= 0x30 && byte <= 0x39))) break;
      } else {
        step = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
        let point = byte & (0x7f >> step);
        for (let k = 1; k < step; k++) point = (point << 6) | (<i32>load<u8>(text + i + k) & 0x3f);
        if (!isOfWord(point, separators, pairs)) break;
      }
      points++;
    }
    if (points >= 2) {
      for (let k = from; k < i; k += 16) v128.store(joined + at + (k - from), v128.load(text + k));
      store<i32>(words + (<usize>count << 3), at);
      at += i - from;
      store<i32>(words + (<usize>count << 3), at, 4);
      store<u8>(joined + at++, 0x20);
      count++;
    }
    if (i < length) i += step;
  }

  const lanes = room, block = room + 256, state = room + 512, waiting = room + 576;
  let made = 0, filled = 0;
  for (let n = 1; n <= ngrams && n <= count; n++)
    for (let first = 0; first + n <= count; first++) {
      const from = load<i32>(words + (<usize>first << 3));
      const bytes = load<i32>(words + (<usize>(first + n - 1) << 3), 4) - from;
      if (bytes > 55) {
        // The lanes that wait stand where a long term is worked on.
        if (filled > 0) flush(lanes, block, state, waiting, filled, out);
        filled = 0;
        store<i32>(out + (<usize>(made++) << 2), codeOfLong(joined + from, bytes, lanes, block, state));
        continue;
      }
      const lane = lanes + (<usize>filled << 6);
      padded(joined + from, bytes, lane);
      store<u8>(lane + bytes, 0x80);
      store<i32>(lane, bytes << 3, 56);
      store<i32>(waiting + (<usize>(filled++) << 2), made++);
      if (filled == 4) {
        flush(lanes, block, state, waiting, 4, out);
        filled = 0;
      }
    }
  if (filled > 0) flush(lanes, block, state, waiting, filled, out);
  return made;
}

function flush(lanes: usize, block: usize, state: usize, waiting: usize, filled: i32, out: usize): void {
  begin(state);
  transpose(lanes, block);
  compress(block, state);
  for (let k: usize = 0; k < <usize>filled; k++)
    store<i32>(out + (<usize>load<i32>(waiting + (k << 2)) << 2), load<i32>(state + (k << 2)) & 0x7fffffff);
}
