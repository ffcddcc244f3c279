export interface Capped {
  readonly status: number | null;
  readonly signal: string | null;
  readonly seconds: number;
  /** VmHWM summed over the process and all it started. */
  readonly peakRssBytes: number;
  readonly processes: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Processes that the kernel killed for want of memory. */
  readonly killed: number;
}
export function measureCapped(
  command: string,
  args: readonly string[],
  options: { limitBytes: number; env?: Record<string, string>; cwd?: string; timeoutMs?: number },
): Promise<Capped>;
export function bytesOf(text: string): number;
