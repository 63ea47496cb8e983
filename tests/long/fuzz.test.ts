import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { kinds } from './fuzz-kinds.ts'

const script = fileURLToPath(new URL('fuzz-child.ts', import.meta.url))
/** How long one case may take, in milliseconds. */
const limit = 5000
const times = process.env['SLUICE_NIGHTLY'] === '1' ? 20 : 1
const first = Number(process.env['SLUICE_FUZZ_SEED'] ?? 1)

/** Reads cases in a process of its own, because a loop cannot be interrupted. Gives what is wrong, with its seed. */
function faultsOf(name: string, count: number): Promise<string[]> {
  const args = ['--conditions=sluice-source', '--import', 'tsx', script, name, String(first), String(count)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const faults: string[] = []
  let at = 'the start'
  let done = false
  let timer: NodeJS.Timeout | undefined
  const watch = () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      faults.push(`took longer than ${limit / 1000} s: ${at}`)
      child.kill('SIGKILL')
    }, limit)
  }
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line.startsWith('at ')) at = line
      else if (line.startsWith('fault ')) faults.push(line)
      else if (line === 'done') done = true
    }
    // Once it is done it only ends.
    if (done) clearTimeout(timer)
    else watch()
  })
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(timer)
      if (!done && faults.length === 0) faults.push(`the process ended with ${String(code)} at ${at}`)
      resolve(faults)
    })
  })
}

describe('what others wrote is read, or told as a Problem, in less than 5 s', () => {
  it.each(Object.entries(kinds).map(([name, { share }]) => [name, share * times] as const))(
    '%s: %i cases',
    async (name, count) => {
      const faults = await faultsOf(name, count)
      expect(faults.slice(0, 5).join('\n\n')).toBe('')
    },
  )

  it('is 50,000 cases in all', () => {
    expect(Object.values(kinds).reduce((sum, { share }) => sum + share, 0)).toBe(50_000)
  })
})

describe('the same look finds a reader', () => {
  it.each([
    ['wrong: throws', /TypeError/],
    ['wrong: rejects later', /later/],
    ['wrong: pollutes', /a prototype changed/],
    ['wrong: loops', /took longer than 5 s: at 1/],
  ])('that is %s', async (name, says) => {
    expect((await faultsOf(name, 1)).join('\n')).toMatch(says)
  })
})
