import { ProblemError, problemsOf, type Problem } from '../base/problem.ts'
import type { Environment } from '../lake/environment.ts'
import type { Lake } from '../lake/lake.ts'
import type { Head } from '../lake/types.ts'
import { verifyFiles } from '../lake/verify.ts'
import type { RestorePoint } from './restore-points.ts'

/** How many versions are listed that could be had instead. */
const listed = 8

/** Reads all files of versions that are to be heads again. Throws a ProblemError with what is gone or damaged. */
export async function checkWhole(
  lake: Lake,
  environment: Environment,
  points: readonly RestorePoint[],
): Promise<void> {
  const problems: Problem[] = []
  for (const { table, head } of points) {
    const found = await faultsOf(lake, table, head)
    if (found.length === 0) continue
    const hint = await available(lake, environment, table, head.version)
    problems.push(...found.map((problem) => ({ ...problem, hint })))
  }
  if (problems.length > 0) throw new ProblemError(problems)
}

async function faultsOf(lake: Lake, table: string, head: Head): Promise<readonly Problem[]> {
  if ((await lake.storage.stat(head.manifest)) === undefined) {
    const message = `'${table}@${head.seq}' was deleted by \`sluice gc\`: it cannot be restored`
    return [{ code: 'storage/version-unknown', message }]
  }
  try {
    return await verifyFiles(lake.storage, await lake.version(table, head), { hash: true })
  } catch (error) {
    const problems = problemsOf(error)
    if (problems === undefined) throw error
    return problems
  }
}

/** Which other versions of a table are still there, newest first. Whether they are whole is not looked at. */
async function available(lake: Lake, environment: Environment, table: string, but: string): Promise<string> {
  const versions = new Map<string, number>()
  for await (const entry of environment.history({ table })) {
    const head = entry.heads[table]
    if (!head || head.version === but || versions.has(head.version)) continue
    if ((await lake.storage.stat(head.manifest)) === undefined) continue
    versions.set(head.version, head.seq)
    if (versions.size === listed) break
  }
  const list = [...versions.values()].map((seq) => `${table}@${seq}`).join(', ')
  return list === '' ? 'no other version of it is left' : `there are: ${list}`
}
