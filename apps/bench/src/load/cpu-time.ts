import { readFileSync } from "node:fs";

// Linux shows these in units of 1/100 s on every architecture that Node runs on.
const ticksPerSecond = 100;

/** The processor time of a process, user and system, all threads, in seconds; undefined where there is no /proc. */
export function cpuSeconds(pid: number): number | undefined {
  try {
    return cpuSecondsOf(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return undefined;
  }
}

/** Reads /proc/PID/stat (proc(5)): utime is field 14, stime 15; the name, field 2, may itself hold blanks and brackets. */
export function cpuSecondsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
