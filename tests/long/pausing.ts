import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { Rig, type Line } from '../run/rig.ts'

const hook = new URL('../crash/pause-hook.mjs', import.meta.url).href

/** What a command told until it ended. */
export interface Told {
  readonly code: number | null
  readonly out: string
  readonly outcomes: Readonly<Record<string, string>>
  readonly lines: readonly Line[]
}

/** A command that has stopped at a moment. */
export interface Paused {
  /** Lets it go on; stops at the next moment, where there is one. */
  goOn(): Promise<void>
  /** Lets it go on to its end. */
  end(): Promise<Told>
}

let count = 0

/** Starts a command of the project and waits until it stands still at the first of some moments. */
export async function pausedAt(
  rig: Rig,
  args: readonly string[],
  moments: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Paused> {
  const pauses = moments.map((at) => ({ at, file: rig.path(`pause-${count++}`) }))
  const child = rig.start([...args, '--json'], {
    ...env,
    NODE_OPTIONS: `--import ${hook}`,
    SLUICE_TEST_PAUSE: JSON.stringify(pauses),
  })
  let out = ''
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (out += chunk.toString()))
  const ended = once(child, 'close') as Promise<[number | null]>
  let at = 0
  const reached = async () => {
    const { file, at: moment } = pauses[at] as (typeof pauses)[number]
    while (!existsSync(`${file}.there`)) {
      if (child.exitCode !== null) throw new Error(`it ended before '${moment}':\n${out}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const release = async () => {
    const { file } = pauses[at++] as (typeof pauses)[number]
    await rig.write({ [file.slice(rig.folder.length + 1) + '.go']: '' })
  }
  await reached()
  return {
    async goOn() {
      await release()
      if (at < pauses.length) await reached()
    },
    async end() {
      while (at < pauses.length) await release()
      const [code] = await ended
      return told(code, out)
    },
  }
}

function told(code: number | null, out: string): Told {
  const lines = out.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []))
  const ends = lines.filter(({ event }) => event === 'step-finished')
  const outcomes = Object.fromEntries(ends.map(({ step, outcome }) => [step ?? '', outcome ?? '']))
  return { code, out, outcomes, lines }
}
