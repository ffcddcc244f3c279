import { describe, expect, test } from "vitest";
import { generator } from "../base/seeds.js";
import { studentT } from "../metrics/student.js";
import { type Amdahl, fitAmdahl, fitScalability, isSupported, type Scalability, type Unsupported } from "./laws.js";
import type { Timing } from "./line.js";

const amdahl =
  (one: number, serial: number) =>
  (n: number): number =>
    one * (serial + (1 - serial) / n);
const usl =
  (one: number, sigma: number, kappa: number) =>
  (n: number): number =>
    (one * (1 + sigma * (n - 1) + kappa * n * (n - 1))) / n;

const times = (law: (n: number) => number, sizes: readonly number[], repeats: number): Timing[] =>
  sizes.flatMap((size) => Array.from({ length: repeats }, () => ({ size, seconds: law(size) })));

/** Each run a few per cent off, by a normal deviate (Box and Muller). */
function noisy(timings: readonly Timing[], scatter: number, draw: () => number): Timing[] {
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  return timings.map(({ size, seconds }) => ({ size, seconds: seconds * (1 + scatter * normal()) }));
}
const amdahlOf = (timings: readonly Timing[]): Amdahl => fitAmdahl(timings) as Amdahl;
const uslOf = (timings: readonly Timing[]): Scalability => fitScalability(timings) as Scalability;

describe("Amdahl's law", () => {
  test.each([
    [0.05, [1, 2]],
    [0.3, [2, 4]],
    [0.3, [1, 2, 4, 8, 64]],
    [0, [1, 2, 3]],
    [1, [1, 2, 3]],
  ])("with a serial fraction of %d is recovered from sizes %j without noise", (serial, sizes) => {
    const { value, low, high } = amdahlOf(times(amdahl(12.5, serial), sizes, 2)).serial;
    expect(Math.abs(value - serial)).toBeLessThan(1e-6);
    expect(Math.abs(low - serial)).toBeLessThan(1e-6);
    expect(Math.abs(high! - serial)).toBeLessThan(1e-6);
  });
  test("bounds the speed-up by one over the serial fraction", () => {
    const { mostSpeedUp } = amdahlOf(times(amdahl(3, 0.25), [1, 2, 4], 2));
    expect(mostSpeedUp!.value).toBeCloseTo(4, 6);
  });
  test("of a serial fraction that may be 0 gives no upper bound of the speed-up", () => {
    const { serial, mostSpeedUp } = amdahlOf(noisy(times(amdahl(10, 0.01), [1, 2], 3), 0.03, generator(3)));
    expect(serial.low).toBe(0);
    expect(mostSpeedUp?.high).toBeUndefined();
  });
  // 1,500 intervals at 95 %: three standard errors of the share are 1.7 %; estimated weights cost a little more.
  test.each([
    [0.2, [1, 2], 3],
    [0.4, [1, 2, 4, 8], 2],
  ])(
    "with a serial fraction of %d from %j, %d times each, is covered by its interval 95 times in 100",
    (serial, sizes, repeats) => {
      const draw = generator(17);
      const law = times(amdahl(20, serial), sizes, repeats);
      let covered = 0;
      for (let i = 0; i < 1500; i++) {
        const { low, high } = amdahlOf(noisy(law, 0.02, draw)).serial;
        if (low <= serial && serial <= high!) covered++;
      }
      expect(covered / 1500).toBeGreaterThan(0.925);
      expect(covered / 1500).toBeLessThan(0.975);
    },
  );
});

describe("the Universal Scalability Law", () => {
  test.each([
    [0.05, 0.002, [1, 2, 4, 8, 16]],
    [0.1, 0.01, [1, 2, 4]],
    [0, 0.0005, [2, 8, 32]],
    [0.2, 0, [1, 3, 9]],
  ])("with sigma %d and kappa %d is recovered from sizes %j without noise", (sigma, kappa, sizes) => {
    const { contention, coherency, best } = uslOf(times(usl(7, sigma, kappa), sizes, 2));
    expect(Math.abs(contention.value - sigma)).toBeLessThan(1e-6);
    expect(Math.abs(coherency.value - kappa)).toBeLessThan(1e-6);
    if (kappa > 0) expect((best as { value: number }).value).toBeCloseTo(Math.sqrt((1 - sigma) / kappa), 4);
    else expect(best).toHaveProperty("why");
  });
  test("with noise is covered by its intervals 95 times in 100, its best size too", () => {
    const draw = generator(23);
    const [sigma, kappa] = [0.06, 0.004];
    const law = times(usl(30, sigma, kappa), [1, 2, 4, 8, 16], 3);
    const covered = { contention: 0, coherency: 0, best: 0 };
    const best = Math.sqrt((1 - sigma) / kappa);
    for (let i = 0; i < 1500; i++) {
      const found = uslOf(noisy(law, 0.02, draw));
      for (const [name, truth] of [
        ["contention", sigma],
        ["coherency", kappa],
        ["best", best],
      ] as const) {
        const { low, high } = found[name] as { low: number; high: number };
        if (low <= truth && truth <= high) covered[name]++;
      }
    }
    for (const share of Object.values(covered).map((count) => count / 1500)) {
      expect(share).toBeGreaterThan(0.925);
      expect(share).toBeLessThan(0.975);
    }
  });
  // 95 % of doubt leave 2.5 % on each side, and 800 data sets three standard errors of 1.7 %.
  test("with a kappa of 0 is told from it seldom, either way, and takes contention from the law without it where it comes out as 0", () => {
    const draw = generator(6);
    const law = times(usl(10, 0.1, 0), [1, 2, 4, 8], 3);
    const found = Array.from({ length: 800 }, () => fitScalability(noisy(law, 0.02, draw)));
    const supported = found.filter(isSupported);
    expect(1 - supported.length / 800).toBeLessThan(0.042);
    expect(supported.filter(({ best }) => isSupported(best)).length / 800).toBeLessThan(0.042);
    const without = supported.filter(({ coherency }) => coherency.value === 0);
    expect(without.length).toBeGreaterThan(300);
    for (const { contention } of without) expect(Math.abs(contention.value - 0.1)).toBeLessThan(0.04);
  });
});

describe("what the runs cannot tell", () => {
  const why = (found: object): string => (found as Unsupported).why;
  test.each([
    ["the law of two parameters from one size", fitAmdahl(times(amdahl(3, 0.1), [2], 5)), "at least 2 sizes"],
    ["the law of three from two sizes", fitScalability(times(usl(3, 0.1, 0.01), [1, 2], 5)), "at least 3 sizes"],
    ["a doubt from single runs", fitAmdahl(times(amdahl(3, 0.1), [1, 2], 1)), "--repeats 2"],
    ["a law that is broken upwards", fitAmdahl(times((n) => 10 / n ** 2, [1, 2], 3)), "more than their share"],
    ["a law that is broken downwards", fitAmdahl(times((n) => 10 * n, [1, 2], 3)), "slower than the smallest"],
    ["anything from noise", fitAmdahl(noisy(times(amdahl(3, 0.5), [1, 2], 2), 0.4, generator(8))), "more --repeats"],
  ])("is not told: %s", (_, found, reason) => expect(why(found)).toContain(reason));
});

// Tables of Student's t, two-sided 95 %.
test.each([
  [1, 12.7062],
  [2, 4.30265],
  [3, 3.18245],
  [4, 2.77645],
  [7, 2.36462],
  [30, 2.04227],
  [1000, 1.96234],
])("t with %d degrees of freedom is %d", (freedom, t) => expect(studentT(0.95, freedom)).toBeCloseTo(t, 4));
