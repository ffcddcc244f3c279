/** Does `count` pieces of work, `parallel` of them at a time, in their order. After a failure none is begun; those under way end first. */
export async function inParallel(count: number, parallel: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < count && !failed)
      try {
        await work(next++);
      } catch (error) {
        failed = true;
        throw error;
      }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(parallel, count) }, lane));
  for (const one of ended) if (one.status === "rejected") throw one.reason;
}
