import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'

/**
 * Bytes that a process holds and the system cannot take back: heaps and native allocations, without mapped files
 * (`RssAnon` in proc_pid_status(5)). Undefined where that cannot be told: elsewhere than on Linux, or it is gone.
 */
export function bytesHeld(pid: number | undefined): number | undefined {
  const kilobytes = pid === undefined ? undefined : numberIn(`/proc/${pid}/status`, /^RssAnon:\s+(\d+) kB$/m)
  return kilobytes === undefined ? undefined : kilobytes * 1024
}

/**
 * How many processes the system has ended for want of memory: in our own group (cgroup v2, `memory.events`), else
 * on the machine (`/proc/vmstat`). Undefined where that cannot be told.
 */
export function oomKills(
  group = '/sys/fs/cgroup/memory.events',
  machine = '/proc/vmstat',
): number | undefined {
  return numberIn(group, /^oom_kill (\d+)$/m) ?? numberIn(machine, /^oom_kill (\d+)$/m)
}

/** The memory of this machine, or of the container that we are in, in bytes. */
export function machineMemory(): number {
  const constrained = process.constrainedMemory()
  // Without a limit it is 0, undefined or larger than any machine.
  return constrained > 0 ? Math.min(totalmem(), constrained) : totalmem()
}

function numberIn(file: string, pattern: RegExp): number | undefined {
  try {
    const found = pattern.exec(readFileSync(file, 'utf8'))?.[1]
    return found === undefined ? undefined : Number(found)
  } catch {
    // Not there, or not for us to read: then nothing is known.
    return undefined
  }
}
