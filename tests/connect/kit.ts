import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { problemsOf, type Problem } from '../../src/base/problem.ts'

/** Does work in a new folder, and removes it. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-connect-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The Problems of what is thrown. */
export async function problemsIn(work: () => Promise<unknown>): Promise<readonly Problem[]> {
  try {
    await work()
  } catch (error) {
    const problems = problemsOf(error)
    if (problems) return problems
    throw error
  }
  throw new Error('nothing was thrown')
}
