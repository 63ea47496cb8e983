import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ProblemError } from '../base/problem.ts'
import { unlessCancelled } from '../run/cancel.ts'
import { moduleFile } from '../base/entries.ts'
import type { VitestCase } from './vitest-reporter.ts'

/** What became of the tests of a project. */
export interface TestsRun {
  readonly cases: readonly VitestCase[]
  /** Vitest's own; not 0 when a test failed, and when none was found or a file could not be loaded. */
  readonly code: number
}

export interface TestsAsk {
  readonly root: string
  readonly filters: readonly string[]
  /** Options for vitest, as they are. */
  readonly words: readonly string[]
  /** Where vitest tells people; `none` keeps it silent. */
  readonly tells: 'stdout' | 'stderr' | 'none'
  readonly signal?: AbortSignal
}

/**
 * Runs the tests of a project with the vitest that it has installed. Throws a ProblemError when it has none, and
 * Cancelled when it was.
 */
export async function runTests(ask: TestsAsk): Promise<TestsRun> {
  const program = vitestOf(ask.root)
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-tests-'))
  const file = path.join(folder, 'results.json')
  try {
    const words = ['run', ...ask.filters, ...reporters(ask.words), ...ask.words]
    const code = await run(program, words, file, ask)
    const cases = existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as VitestCase[]) : []
    return { cases, code }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Ours beside what vitest would use by itself, or the reporters that the user named. */
function reporters(words: readonly string[]): string[] {
  const ours = `--reporter=${moduleFile('testing/vitest-reporter')}`
  if (words.some((word) => word.startsWith('--reporter'))) return [ours]
  const github = process.env['GITHUB_ACTIONS'] === 'true' ? ['--reporter=github-actions'] : []
  return ['--reporter=default', ...github, ours]
}

function vitestOf(root: string): string {
  try {
    const manifest = createRequire(path.join(root, 'package.json')).resolve('vitest/package.json')
    return path.join(path.dirname(manifest), 'vitest.mjs')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    throw new ProblemError({
      code: 'test/package-missing',
      message: 'tests of notebooks are run by the package vitest, and it is not installed in this project',
      hint: 'npm install -D vitest, or say --no-notebooks to check the tables alone',
    })
  }
}

/** Of vitest, by where it tells people. */
const outputs = { none: 'ignore', stdout: 'inherit', stderr: 2 } as const

async function run(
  program: string,
  words: readonly string[],
  results: string,
  { root, tells, signal }: TestsAsk,
): Promise<number> {
  const child = spawn(process.execPath, [program, ...words], {
    cwd: root,
    env: { ...process.env, SLUICE_TEST_RESULTS: results },
    stdio: ['ignore', outputs[tells], 'inherit'],
    detached: ownGroup,
  })
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
  const end = () => endGroup(child)
  process.once('exit', end)
  try {
    return await unlessCancelled(signal, () => ended)
  } finally {
    end()
    process.off('exit', end)
  }
}

/** Vitest leaves the processes of its tests when it is told to end: it and they are a group, which is ended whole. */
const ownGroup = process.platform !== 'win32'

/** Tests keep nothing that an end at once could break. */
function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(ownGroup ? -pid : pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
