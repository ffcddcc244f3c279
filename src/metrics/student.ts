/** The central share of Student's t between -t and t, for whole degrees of freedom (Abramowitz and Stegun 26.7.3 and 26.7.4). */
export function centralShare(t: number, freedom: number): number {
  const angle = Math.atan(t / Math.sqrt(freedom));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const odd = freedom % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = freedom === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k < freedom; k += 2) {
    term *= (cosine * cosine * (k - 1)) / k;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}

/** The t whose central share is this one: 12.706 for 95 % and one degree of freedom, 1.96 for very many. */
export function studentT(share: number, freedom: number): number {
  let [low, high] = [0, 1];
  while (centralShare(high, freedom) < share) [low, high] = [high, 2 * high];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (centralShare(middle, freedom) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
