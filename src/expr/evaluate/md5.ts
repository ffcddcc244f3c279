/** The first four bytes of the MD5 (RFC 1321) of a text that fits one block, as a signed 32-bit number, the lowest byte first. */
export function md5Start(bytes: Uint8Array, length: number): number {
  for (let i = 0; i < 16; i++) block[i] = 0;
  for (let i = 0; i < length; i++) blockBytes[i] = bytes[i]!;
  blockBytes[length] = 0x80;
  block[14] = length * 8;
  let [a, b, c, d] = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476];
  for (let i = 0; i < 16; i += 4) {
    a = turned(((a + (d ^ (b & (c ^ d)))) | 0) + ((block[i]! + sines[i]!) | 0), 7, b);
    d = turned(((d + (c ^ (a & (b ^ c)))) | 0) + ((block[i + 1]! + sines[i + 1]!) | 0), 12, a);
    c = turned(((c + (b ^ (d & (a ^ b)))) | 0) + ((block[i + 2]! + sines[i + 2]!) | 0), 17, d);
    b = turned(((b + (a ^ (c & (d ^ a)))) | 0) + ((block[i + 3]! + sines[i + 3]!) | 0), 22, c);
  }
  for (let i = 0; i < 16; i += 4) {
    a = turned(((a + (c ^ (d & (b ^ c)))) | 0) + ((block[(5 * i + 1) & 15]! + sines[i + 16]!) | 0), 5, b);
    d = turned(((d + (b ^ (c & (a ^ b)))) | 0) + ((block[(5 * i + 6) & 15]! + sines[i + 17]!) | 0), 9, a);
    c = turned(((c + (a ^ (b & (d ^ a)))) | 0) + ((block[(5 * i + 11) & 15]! + sines[i + 18]!) | 0), 14, d);
    b = turned(((b + (d ^ (a & (c ^ d)))) | 0) + ((block[(5 * i) & 15]! + sines[i + 19]!) | 0), 20, c);
  }
  for (let i = 0; i < 16; i += 4) {
    a = turned(((a + (b ^ c ^ d)) | 0) + ((block[(3 * i + 5) & 15]! + sines[i + 32]!) | 0), 4, b);
    d = turned(((d + (a ^ b ^ c)) | 0) + ((block[(3 * i + 8) & 15]! + sines[i + 33]!) | 0), 11, a);
    c = turned(((c + (d ^ a ^ b)) | 0) + ((block[(3 * i + 11) & 15]! + sines[i + 34]!) | 0), 16, d);
    b = turned(((b + (c ^ d ^ a)) | 0) + ((block[(3 * i + 14) & 15]! + sines[i + 35]!) | 0), 23, c);
  }
  for (let i = 0; i < 16; i += 4) {
    a = turned(((a + (c ^ (b | ~d))) | 0) + ((block[(7 * i) & 15]! + sines[i + 48]!) | 0), 6, b);
    d = turned(((d + (b ^ (a | ~c))) | 0) + ((block[(7 * i + 7) & 15]! + sines[i + 49]!) | 0), 10, a);
    c = turned(((c + (a ^ (d | ~b))) | 0) + ((block[(7 * i + 14) & 15]! + sines[i + 50]!) | 0), 15, d);
    b = turned(((b + (d ^ (c | ~a))) | 0) + ((block[(7 * i + 5) & 15]! + sines[i + 51]!) | 0), 21, c);
  }
  return (a + 0x67452301) | 0;
}

const turned = (sum: number, by: number, from: number): number =>
  (from + ((sum << by) | ((sum | 0) >>> (32 - by)))) | 0;

/** The longest text that fits one block. */
export const md5BlockBytes = 55;

const block = new Int32Array(16);
const blockBytes = new Uint8Array(block.buffer);
/** floor(2^32 |sin(i + 1)|), as the RFC lists them. */
const sines = Int32Array.of(
  0xd76aa478,
  0xe8c7b756,
  0x242070db,
  0xc1bdceee,
  0xf57c0faf,
  0x4787c62a,
  0xa8304613,
  0xfd469501,
  0x698098d8,
  0x8b44f7af,
  0xffff5bb1,
  0x895cd7be,
  0x6b901122,
  0xfd987193,
  0xa679438e,
  0x49b40821,
  0xf61e2562,
  0xc040b340,
  0x265e5a51,
  0xe9b6c7aa,
  0xd62f105d,
  0x02441453,
  0xd8a1e681,
  0xe7d3fbc8,
  0x21e1cde6,
  0xc33707d6,
  0xf4d50d87,
  0x455a14ed,
  0xa9e3e905,
  0xfcefa3f8,
  0x676f02d9,
  0x8d2a4c8a,
  0xfffa3942,
  0x8771f681,
  0x6d9d6122,
  0xfde5380c,
  0xa4beea44,
  0x4bdecfa9,
  0xf6bb4b60,
  0xbebfbc70,
  0x289b7ec6,
  0xeaa127fa,
  0xd4ef3085,
  0x04881d05,
  0xd9d4d039,
  0xe6db99e5,
  0x1fa27cf8,
  0xc4ac5665,
  0xf4292244,
  0x432aff97,
  0xab9423a7,
  0xfc93a039,
  0x655b59c3,
  0x8f0ccc92,
  0xffeff47d,
  0x85845dd1,
  0x6fa87e4f,
  0xfe2ce6e0,
  0xa3014314,
  0x4e0811a1,
  0xf7537e82,
  0xbd3af235,
  0x2ad7d2bb,
  0xeb86d391,
);
