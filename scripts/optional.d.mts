export interface Found {
  readonly where?: string;
  readonly missing?: string;
  /** It does not apply on this machine, so that its absence is never a failure. */
  readonly absent?: boolean;
}
export const optional: {
  chromium(): Found;
  python(): Found;
  spark(): Found;
  root(): Found;
  shared(set?: string): Found;
};
export function onPath(...names: string[]): string | undefined;
export function memoryCgroupRoot(): string | undefined;
export function freeBytes(folder: string): number;
