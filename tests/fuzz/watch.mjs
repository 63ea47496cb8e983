import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'

/**
 * Ends the process when one case takes too long; a loop cannot be interrupted from within. Processor time counts:
 * on a busy machine a case waits for its turn. What uses none and does not end is given far more.
 */
const { counter, limit, idleLimit } = workerData
const now = () => ({ at: Atomics.load(counter, 0), used: usedTime(), time: Date.now() })
let last = now()

setInterval(() => {
  const { at, used, time } = now()
  if (at !== last.at || at < 0) last = { at, used, time }
  else if (used - last.used > limit || time - last.time > idleLimit) {
    const fault = `case ${at}: took longer than ${limit / 1000} s`
    writeSync(1, `${JSON.stringify({ faults: [fault] })}\n`)
    process.kill(process.pid, 'SIGKILL')
  }
}, 100)

function usedTime() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
