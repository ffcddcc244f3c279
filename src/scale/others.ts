import { cpus } from "node:os";

/** Starts watching how many cores other processes take of this machine; the function says it of the time since. */
export function othersCores(): () => number {
  const begun = busySeconds();
  const [own, at] = [process.cpuUsage(), performance.now()];
  return () => {
    const { user, system } = process.cpuUsage(own);
    return Math.max(0, (busySeconds() - begun - (user + system) / 1e6) / ((performance.now() - at) / 1000));
  };
}

const busySeconds = (): number =>
  cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;
