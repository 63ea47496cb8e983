import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('child.ts', import.meta.url))

/** What is known of the cases of one kind after they were read in a process of its own. */
export interface Read {
  readonly name: string
  readonly count: number
  faults: readonly string[]
  /** Processor time of all, and of the slowest case, in milliseconds; left out when the process was ended. */
  ms?: number
  slowest?: number
}

/**
 * Reads kinds of cases in another process, because a loop cannot be interrupted; one after another. Where a kind ends
 * the process, the next go on in a new one.
 */
export async function readAll(
  wanted: readonly (readonly [name: string, count: number])[],
  seed: number,
): Promise<Read[]> {
  const reads: Read[] = []
  while (reads.length < wanted.length) reads.push(...(await readSome(wanted.slice(reads.length), seed)))
  return reads
}

/** At least the first kind, and those after it until one ends the process. */
async function readSome(
  wanted: readonly (readonly [name: string, count: number])[],
  seed: number,
): Promise<Read[]> {
  const args = ['--conditions=sluice-source', '--import', 'tsx', script, String(seed), JSON.stringify(wanted)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  const lines = out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Partial<Read>)
  const reads = lines
    .filter(({ faults }) => faults !== undefined)
    .map((line, at) => ({ name: wanted[at]?.[0] ?? '', count: wanted[at]?.[1] ?? 0, faults: [], ...line }))
  const all = reads.length === wanted.length
  const last = reads.at(-1)
  if (all || (last && last.ms === undefined)) return reads
  const [name, count] = wanted[reads.length] ?? ['', 0]
  return [...reads, { name, count, faults: [`the process ended with ${String(code)}`] }]
}
