import { writeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { kinds as good } from './kinds.ts'
import { catchLater, look, processorTime } from './look.ts'
import { wrong } from './wrong.ts'

/** How long one case may take: of processor time, and when it uses none, in milliseconds. */
const limits = { limit: 5000, idleLimit: 60_000 }

/** Reads kinds of cases: `<seed> <JSON of names and counts>`. Each is told on stdout when it begins and when it ends. */
const [seed = '', wanted = '[]'] = process.argv.slice(2)
const kinds = { ...good, ...wrong }
/** The case that is read now; less than 0 between kinds. */
const counter = new Int32Array(new SharedArrayBuffer(4)).fill(-1)
const watch = new Worker(new URL('watch.mjs', import.meta.url), {
  workerData: { counter, ...limits },
  execArgv: [],
})
watch.unref()
catchLater()

const tell = (line: object) => void writeSync(1, `${JSON.stringify(line)}\n`)
for (const [name, count] of JSON.parse(wanted) as [string, number][]) {
  const kind = kinds[name]
  if (!kind) throw new Error(`there is no kind ${name}`)
  tell({ begins: name })
  const started = processorTime()
  const begin = (at: number) => void Atomics.store(counter, 0, at)
  const looked = await look(kind, { seed: Number(seed), count, begin })
  Atomics.store(counter, 0, -1)
  await kind.close?.()
  tell({ ...looked, ms: processorTime() - started })
}
process.exit(0)
