export interface Found {
  readonly where?: string;
  readonly missing?: string;
  /** It does not apply on this machine, so that its absence is never a failure. */
  readonly absent?: boolean;
}
export const optional: {
  chromium(): Found;
  python(): Found;
  disks(): Found;
  root(): Found;
  spark(): Found;
  shared(set?: string): Found;
};
export function onPath(...names: string[]): string | undefined;
export function memoryCgroupRoot(): string | undefined;
export function freeBytes(folder: string): number;
export function wantedSpark(): { readonly version?: string; readonly remote?: string; readonly missing?: string };
export function lacksForSpark(): string | undefined;
export const sparkEnvironments: Readonly<Record<string, string>>;
