import type { RepairResult } from '../run/repair.ts'
import type { VerifyResult } from '../run/verify.ts'
import { bytesText, plural } from './amount.ts'
import type { Paint } from './paint.ts'
import { problemsText } from './problems-text.ts'

/** What was read, and everything that is damaged. */
export function verifyText(result: VerifyResult, paint: Paint): string {
  const { problems, damaged } = result
  const list = problems.length === 0 ? '' : `${problemsText(problems, paint)}\n`
  const tables = damaged.map(({ env, table, head, isHead }) => {
    const what = isHead ? 'the head: the next run writes it again' : 'an earlier version'
    return `${env}: ${table}@${head.seq} is damaged, ${what}\n`
  })
  return `${list}${tables.join('')}${summary(result)}\n`
}

function summary({ commits, versions, files, bytes, cleaned, problems, environments }: VerifyResult): string {
  const read = [
    plural(environments.length, 'environment'),
    plural(commits, 'commit'),
    plural(versions - cleaned, 'version'),
    `${plural(files, 'file')} of ${bytesText(bytes)}`,
  ].join(', ')
  const gone = cleaned === 0 ? '' : `; ${plural(cleaned, 'version was', 'versions were')} deleted by gc`
  return `Verified ${read}${gone}: ${problems.length === 0 ? 'all is as it was written' : `${problems.length} damaged`}.`
}

/** What was damaged, what was done about it, and what is left. */
export function repairText(
  { found, tables, checkpoints, runs, left }: RepairResult,
  paint: Paint,
  dryRun: boolean,
): string {
  if (found.problems.length === 0) return verifyText(found, paint)
  const lines = tables.map(({ env, table, step, flow }) =>
    step === undefined
      ? `${env}: ${table} cannot be made again: no flow of this project writes it`
      : `${env}: ${table} ${dryRun ? 'would be' : 'was to be'} written again by step '${step}' of flow '${flow}'`,
  )
  if (checkpoints > 0) lines.push(`${plural(checkpoints, 'checkpoint')} written again from the log`)
  const failed = runs
    .filter(({ ok }) => !ok)
    .map(({ run }) => `a run failed: \`sluice runs ${run}\` tells why`)
  const end = dryRun ? 'Nothing was changed: this was a dry run.' : verifyText(left, paint).trimEnd()
  return [problemsText(found.problems, paint).trimEnd(), '', ...lines, ...failed, '', end, ''].join('\n')
}
