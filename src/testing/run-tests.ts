import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ProblemError } from '../base/problem.ts'

/** What became of the tests of a project. Counts are known only where vitest prints nothing. */
export interface TestsRun {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Vitest's own; not 0 when a test failed, and when none was found or a file could not be loaded. */
  readonly code: number
}

export interface TestsAsk {
  readonly root: string
  readonly filters: readonly string[]
  /** Options for vitest, as they are. */
  readonly words: readonly string[]
  /** Prints nothing of its own. */
  readonly quiet: boolean
  readonly signal?: AbortSignal
}

/** Runs the tests of a project with the vitest that it has installed. Throws a ProblemError when it has none. */
export async function runTests(ask: TestsAsk): Promise<TestsRun> {
  const program = vitestOf(ask.root)
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-tests-'))
  const file = path.join(folder, 'results.json')
  // Beside its own reporter, vitest would print where the results are.
  const reporters = ask.quiet ? ['--reporter=json', `--outputFile.json=${file}`] : []
  try {
    const code = await run(
      process.execPath,
      [program, 'run', ...ask.filters, ...reporters, ...ask.words],
      ask,
    )
    const {
      numPassedTests = 0,
      numFailedTests = 0,
      numPendingTests = 0,
    } = existsSync(file)
      ? (JSON.parse(await readFile(file, 'utf8')) as { readonly [count: string]: number })
      : {}
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests, code }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
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

function run(program: string, words: readonly string[], { root, quiet, signal }: TestsAsk): Promise<number> {
  const child = spawn(program, words, {
    cwd: root,
    stdio: ['ignore', quiet ? 'ignore' : 'inherit', 'inherit'],
  })
  const stop = () => child.kill('SIGTERM')
  signal?.addEventListener('abort', stop, { once: true })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      signal?.removeEventListener('abort', stop)
      resolve(code ?? 1)
    })
  })
}
