/** In the order of their numbers in boosting.assembly.ts. */
export const objectives = [
  "binary",
  "softmax",
  "squared",
  "absolute",
  "huber",
  "quantile",
  "poisson",
  "gamma",
  "tweedie",
] as const;
export type Objective = (typeof objectives)[number];

export interface Derivatives {
  readonly loss: number;
  readonly g: readonly number[];
  readonly h: readonly number[];
}

const one = (loss: number, g: number, h: number): Derivatives => ({ loss, g: [g], h: [h] });
const least = 1e-16;

/** Loss and derivatives of one row of weight 1, by objective. */
export const derivatives: Readonly<
  Record<Objective, (scores: readonly number[], y: number, alpha: number) => Derivatives>
> = {
  binary: ([s = 0], y) => {
    const p = 1 / (1 + Math.exp(-s));
    return one(Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s))) - y * s, p - y, Math.max(p * (1 - p), least));
  },
  softmax: (scores, y) => {
    const top = Math.max(...scores);
    const total = scores.reduce((sum, s) => sum + Math.exp(s - top), 0);
    const p = scores.map((s) => Math.exp(s - top) / total);
    const factor = scores.length / Math.max(1, scores.length - 1);
    return {
      loss: Math.log(total) + top - scores[y]!,
      g: p.map((each, k) => each - (k === y ? 1 : 0)),
      h: p.map((each) => factor * Math.max(each * (1 - each), least)),
    };
  },
  squared: ([s = 0], y) => one(0.5 * (s - y) ** 2, s - y, 1),
  absolute: ([s = 0], y) => one(Math.abs(s - y), Math.sign(s - y), 1),
  huber: ([s = 0], y, alpha) => {
    const size = Math.abs(s - y);
    const loss = size <= alpha ? 0.5 * size ** 2 : alpha * (size - alpha / 2);
    return one(loss, Math.max(-alpha, Math.min(alpha, s - y)), 1);
  },
  quantile: ([s = 0], y, alpha) => {
    const g = s > y ? 1 - alpha : -alpha;
    return one(g * (s - y), g, 1);
  },
  poisson: ([s = 0], y) => one(Math.exp(s) - y * s, Math.exp(s) - y, Math.exp(s + 0.7)),
  gamma: ([s = 0], y) => one(y * Math.exp(-s) + s, 1 - y * Math.exp(-s), Math.max(1, y * Math.exp(-s))),
  tweedie: ([s = 0], y, rho) => {
    const [p, q] = [1 - rho, 2 - rho];
    const [up, down] = [y * Math.exp(p * s), Math.exp(q * s)];
    return one(down / q - up / p, down - up, q * down - p * up);
  },
};

/** A loss in whole steps of 2^-20, ties to even, within 2^40 of them. */
export function stepsOf(loss: number): number {
  const steps = Math.max(-(2 ** 40), Math.min(2 ** 40, loss * 2 ** 20));
  const whole = Math.floor(steps);
  const rest = steps - whole;
  return whole + (rest > 0.5 || (rest === 0.5 && whole % 2 !== 0) ? 1 : 0);
}
