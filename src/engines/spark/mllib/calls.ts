import { type Operator, type OperatorName, operatorOf, type ParamsOf } from "./operator.js";
import { operators } from "./table.js";

/** Each operator under its name as a function: `gbtClassifier`, `kMeans`, `vectorAssembler`. */
export type OperatorCalls = {
  readonly [N in OperatorName as (typeof operators)[N]["call"]]: (params?: ParamsOf<N>) => Operator<N>;
};

export const operatorCalls = Object.fromEntries(
  (Object.keys(operators) as OperatorName[]).map((name) => [
    operators[name].call,
    (params: Readonly<Record<string, unknown>> = {}) => operatorOf(name, params),
  ]),
) as OperatorCalls;
