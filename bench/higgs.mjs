// Collisions that are signal or background, after the HIGGS set: 21 measured numbers, 7 made of them, and a label from products.
import { bell, heldOut, make, parquet, uniform } from "./make.mjs";

const low = Array.from({ length: 21 }, (_, j) => `m${j}`);
/** Every third is an energy: positive, with a long tail. */
const measured = low.map(
  (name, j) => `${j % 3 === 0 ? `exp(0.6 * ${bell(`i * 32 + ${j}`)})` : bell(`i * 32 + ${j}`)} AS ${name}`,
);
/** Like invariant masses: nonlinear in three of the measured. */
const masses = Array.from({ length: 7 }, (_, k) => {
  const [energy, angle, other] = [`m${3 * k}`, `m${3 * k + 1}`, `m${(3 * k + 5) % 21}`];
  return `sqrt(${energy} * (1.2 + sin(2 * ${angle})) + pow(${angle} - ${other}, 2)) AS mass${k}`;
});

const signal = `-0.2 + 1.1 * (exp(-pow(mass0 - 1.6, 2) * 4) - 0.3) + 0.8 * sin(2 * mass1) * mass2 / 2
  + 0.7 * m1 * m4 - 0.6 * (mass3 - 1.8) + 0.5 * (CASE WHEN m6 > 1 AND m7 > 0 THEN m10 ELSE -m13 END)
  + 0.5 * abs(m16) * sin(1.5 * m19) + 0.4 * (mass4 - mass5) - 0.3 * m9 * m2 + 0.2 * mass6`;

const columns = [...low, ...Array.from({ length: 7 }, (_, k) => `mass${k}`)];
const collisions = (from, to) => `SELECT ${columns.map((name) => `${name}::FLOAT AS ${name}`).join(", ")},
    (${uniform("i * 32 + 31")} < 1 / (1 + exp(-(${signal}))))::TINYINT AS signal
  FROM (SELECT *, ${masses.join(", ")} FROM (SELECT i, ${measured.join(", ")} FROM range(${from}, ${to}) t(i)))`;

export const higgsTable = (rows) => make(`higgs-${rows}.parquet`, collisions(0, rows), parquet);
export const higgsTest = (rows) => make(`higgs-test-${rows}.parquet`, collisions(heldOut, heldOut + rows), parquet);
