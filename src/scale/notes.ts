export interface Measured {
  readonly way: "servers" | "partitions" | "threads";
  readonly learner: string;
  /** Whether the learner is ours: it learns in this process, whatever the engine. */
  readonly isOwn: boolean;
  readonly localThreads: number;
  /** That other processes took meanwhile, where that matters. */
  readonly othersCores: number | undefined;
  readonly sizes: readonly {
    readonly size: number;
    readonly name: string;
    readonly runs: readonly { readonly stateHash: string }[];
    readonly leftOut: string | undefined;
  }[];
}

/** What a reader of the figures must know: what was warm, what did not grow with the size, what a law could not be tried on. */
export function notesOn({ way, learner, isOwn, localThreads, othersCores, sizes }: Measured): string[] {
  const notes: string[] = [];
  notes.push(
    `each run began with an empty cache: the source was read, features fitted and pages encoded anew. Warm were the operating system's file cache and compiled code, by a run of each size that is not counted${way === "threads" ? "" : "; opening the session is not in the times"}`,
  );
  if (way === "partitions")
    notes.push(
      "partitions on one running cluster are weaker evidence than servers of several sizes: a query of fewer parts keeps fewer cores busy, but memory, disks, network and the cores' caches stay those of the whole cluster, its other cores go on compiling and collecting garbage, and a part is whole row groups of a file, so that few row groups leave parts without rows",
    );
  if (way === "servers") {
    const hosts = sizes.map(({ name }) => name.replace(/:\d+$/, ""));
    if (new Set(hosts).size < hosts.length)
      notes.push(
        "some of the servers share a machine: these are the cores that Spark was given of it, and its memory, disks and real cores did not grow with them",
      );
  }
  if (way !== "threads" && isOwn)
    notes.push(
      `${learner} is learned on this machine (${localThreads} thread${localThreads === 1 ? "" : "s"}) from rows that the cluster encodes and sends: that part gains nothing from a larger cluster and counts as serial; learners of MLlib's are fitted there`,
    );
  if (othersCores !== undefined && othersCores > 0.1)
    notes.push(
      `other processes took ${othersCores.toFixed(1)} of this machine's cores meanwhile: more threads found less of it free, so that the figures are below what it would do alone`,
    );
  const states = new Set(sizes.flatMap(({ runs }) => runs.map(({ stateHash }) => stateHash)));
  notes.push(
    states.size === 1
      ? "all runs came to the same model"
      : `the runs came to ${states.size} different models: a cluster adds up in the order in which its parts end, so their work may differ a little too`,
  );
  for (const { size, leftOut } of sizes)
    if (leftOut !== undefined) notes.push(`size ${size} is not in the fit: ${leftOut}`);
  const kept = new Set(sizes.filter(({ leftOut }) => leftOut === undefined).map(({ size }) => size)).size;
  if (kept === 2) notes.push("two sizes determine Amdahl's law: whether it holds would take a third");
  if (kept === 3)
    notes.push("three sizes determine the Universal Scalability Law: whether it holds would take a fourth");
  return notes;
}
