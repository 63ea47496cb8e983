import { Worker } from 'node:worker_threads'

/** How often the parent is looked for, in milliseconds. */
const pause = 1000

/**
 * Ends this process soon after its parent is gone, whatever its code does: a notebook that loops sees no closed
 * channel, so a thread of its own looks. On Windows the parent's id stays, and may be given to another.
 */
export function endWithParent(): void {
  const look = `
    const parent = process.ppid
    const isGone = () => {
      if (process.ppid !== parent) return true
      try { return !process.kill(parent, 0) } catch (error) { return error.code === 'ESRCH' }
    }
    setInterval(() => { if (isGone()) process.kill(process.pid, 'SIGKILL') }, ${pause})`
  new Worker(look, { eval: true, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 8 } }).unref()
}
