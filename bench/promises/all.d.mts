export interface Line {
  readonly promise: string;
  readonly trial: string;
  readonly result: "held" | "BROKEN" | "did not run";
  readonly figures: string;
}
export const promises: Readonly<Record<"budget" | "one-model" | "kill" | "source" | "together" | "fuzz", unknown>>;
export function tryPromises(
  names: readonly string[],
  options: {
    readonly scratch: string;
    readonly say: (text: string) => void;
    readonly quick?: boolean;
    readonly learners?: readonly string[];
    readonly kills?: number;
    readonly budgets?: readonly number[];
  },
): Promise<Line[]>;
