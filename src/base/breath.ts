/**
 * Long work on the main thread lets signals and timers in, some times a second: what it gives is to be waited for, where it gives
 * something. Without it a command would be deaf to an interrupt until the work is done.
 */
export function breathing(signal?: AbortSignal, everyMs = 100): () => Promise<void> | undefined {
  let last = Number.NEGATIVE_INFINITY;
  const breathe = async (): Promise<void> => {
    await new Promise(setImmediate);
    signal?.throwIfAborted();
    last = performance.now();
  };
  return () => (performance.now() - last < everyMs ? undefined : breathe());
}
