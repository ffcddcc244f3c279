import type { Capped } from "../scale/memory-cap.mjs";

export interface TrainedCapped extends Capped {
  /** What went wrong; absent when the training ended well. */
  readonly error?: string;
  readonly told: {
    stateHash: string;
    peakRssBytes: number;
    rows: { read: number };
    metrics: { validation: Record<string, number> };
  };
  readonly pages: { read: number; encoded: number; encodedBytes: number };
}
/** `sluice train` in folders of its own, with a budget of so many MB that is also the kernel's limit. */
export function trainCapped(args: readonly string[], budgetMegabytes: number, scratch: string): Promise<TrainedCapped>;
