/**
 * Borders between bins of about equal weight, from sampled values in page units (NaN left out): at most `most`, ascending. Values
 * that are frequent enough to fill a bin get one of their own, as LightGBM does; borders lie half way between neighbours.
 */
export function edgesOf(values: Float32Array, most: number): number[] {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const distinct: number[] = [];
  const counts: number[] = [];
  for (const value of sorted) {
    if (distinct.length > 0 && distinct[distinct.length - 1] === value) counts[counts.length - 1]!++;
    else {
      distinct.push(value);
      counts.push(1);
    }
  }
  const edges: number[] = [];
  const cutAfter = (i: number): void => {
    edges.push(between(distinct[i]!, distinct[i + 1]!));
  };
  if (distinct.length <= most + 1) {
    for (let i = 0; i + 1 < distinct.length; i++) cutAfter(i);
    return edges;
  }
  let rows = sorted.length;
  let bins = most + 1;
  const large = counts.map((count) => count >= sorted.length / (most + 1));
  for (let i = 0; i < distinct.length; i++)
    if (large[i]) {
      rows -= counts[i]!;
      bins--;
    }
  let mean = bins > 0 ? rows / bins : Infinity;
  let inBin = 0;
  for (let i = 0; i + 1 < distinct.length && edges.length < most; i++) {
    inBin += counts[i]!;
    if (!large[i]) rows -= counts[i]!;
    const full = large[i] || inBin >= mean || (large[i + 1] && inBin >= Math.max(1, mean / 2));
    if (!full) continue;
    cutAfter(i);
    inBin = 0;
    if (!large[i] && --bins > 0) mean = rows / bins;
  }
  return edges;
}

/** A float32 at or above a and below b. */
function between(a: number, b: number): number {
  const middle = Math.fround(a / 2 + b / 2);
  return middle >= a && middle < b ? middle : a;
}
