import { existsSync } from 'node:fs'
import { ProblemError } from '../base/problem.ts'
import type { LooseRow } from './fill.ts'
import type { Fixture } from './fixture.ts'

/** The rows of a fixture. Throws a ProblemError with what is wrong with the file. */
export async function readFixture(of: Fixture<object>): Promise<LooseRow[]> {
  if (!existsSync(of.file)) {
    throw new ProblemError({
      code: 'source/not-found',
      message: `there is no fixture ${of.name}: no file ${of.file}`,
      hint: 'the path is relative to the file that names it',
    })
  }
  if (of.format === 'csv' || of.format === 'parquet') {
    const { readThroughEngine } = await import('./fixture-engine.ts')
    return readThroughEngine(of)
  }
  const { readTexts } = await import('./fixture-yaml.ts')
  return readTexts(of)
}
