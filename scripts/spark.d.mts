export interface SparkServer {
  /** Its address with the token. */
  readonly remote: string;
  readonly port: number;
  readonly version: string;
  readonly folder: string;
  readonly ui: string;
  stop(signal?: NodeJS.Signals): void;
}
export function startSpark(options?: {
  readonly port?: number;
  readonly version?: string;
  readonly cluster?: boolean;
  readonly cores?: number;
  readonly driverMemory?: string;
  readonly conf?: Readonly<Record<string, string>>;
  readonly say?: (line: string) => void;
  readonly keep?: boolean;
  readonly withToken?: boolean;
}): Promise<SparkServer>;
