export interface SparkServer {
  /** `sc://127.0.0.1:port/;token=...;use_ssl=false`. */
  readonly remote: string;
  readonly port: number;
  readonly pids: readonly number[];
  readonly folder: string;
  readonly ui: string;
  stop(signal?: NodeJS.Signals): void;
}
export function lacksForSpark(): string | undefined;
export function startSpark(options?: {
  readonly port?: number;
  readonly version?: "4.2" | "4.1";
  readonly cluster?: boolean;
  readonly cores?: number;
  readonly driverMemory?: string;
  readonly conf?: Readonly<Record<string, string>>;
  readonly say?: (line: string) => void;
  readonly keep?: boolean;
}): Promise<SparkServer>;
