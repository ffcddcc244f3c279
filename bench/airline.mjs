// Flights that are late or not, after the on-time statistics of airlines: what makes them late are mostly pairs of categories.
import { heldOut, make, parquet, part } from "./make.mjs";

/** A fixed number in [-1, 1) for each value of `key`; `salt` tells the tables of such numbers apart. */
const effect = (salt, key) => `(2 * ${part(`hash((${key}) * 64 + ${salt})`, 0)} - 1)`;
const whole = (draw, type = "TINYINT") => `floor(${draw})::${type}`;
/** `digits` letters that no other number up to 26^digits has, in an order that says nothing about the number. */
const code = (number, digits) => {
  const mixed = `(${number} * ${digits === 3 ? 7919 : 229} + 11) % ${26 ** digits}`;
  return Array.from({ length: digits }, (_, j) => `chr((65 + ${mixed} // ${26 ** j} % 26)::INTEGER)`).join(" || ");
};

// skewed: the largest airport has 15 % of the flights, the smallest 0.1 %
const draws = (from, to) => `SELECT c,
    ${whole(`1 + 12 * ${part("a", 0)}`)} AS month, ${whole(`1 + 28 * ${part("a", 1)}`)} AS day,
    ${whole(`1 + 7 * ${part("a", 2)}`)} AS weekday, ${whole(`24 * ${part("b", 0)}`)} AS hour,
    ${whole(`22 * pow(${part("b", 1)}, 2)`, "INTEGER")} AS carrier_no,
    ${whole(`300 * pow(${part("b", 2)}, 3)`, "INTEGER")} AS origin_no,
    ${whole(`300 * pow(${part("c", 0)}, 3)`, "INTEGER")} AS destination_no
  FROM (SELECT hash(i * 4) AS a, hash(i * 4 + 1) AS b, hash(i * 4 + 2) AS c FROM range(${from}, ${to}) t(i))`;

const place = (salt) => `(${effect(salt, "origin_no")} - ${effect(salt, "destination_no")})`;
const distance = `(90 + 1250 * sqrt(pow(${place(1)}, 2) + pow(${place(2)}, 2)))::SMALLINT`;

const lateness = `-1.1 + 0.05 * (hour - 12) + 0.4 * sin(month * 1.05) + 0.3 * cos(distance / 300.0)
  + 0.7 * ${effect(3, "carrier_no")} + 0.8 * ${effect(4, "origin_no")} + 0.6 * ${effect(5, "destination_no")}
  + 1.2 * ${effect(6, "carrier_no * 8 + hour // 3")} + 1.2 * ${effect(7, "origin_no * 8 + weekday")}
  + 0.8 * ${effect(8, "destination_no * 8 + hour // 4")} + 0.8 * ${effect(9, "origin_no * 512 + destination_no")}`;

const flights = (from, to) => `SELECT month, day, weekday, hour, ${code("carrier_no", 2)} AS carrier,
    ${code("origin_no", 3)} AS origin, ${code("destination_no", 3)} AS destination, distance,
    (${part("c", 1)} < 1 / (1 + exp(-(${lateness}))))::TINYINT AS late
  FROM (SELECT *, ${distance} AS distance FROM (${draws(from, to)}))`;

export const airlineTable = (rows) => make(`airline-${rows}.parquet`, flights(0, rows), parquet);
export const airlineTest = (rows) => make(`airline-test-${rows}.parquet`, flights(heldOut, heldOut + rows), parquet);
