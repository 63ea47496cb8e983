import type { RepairResult } from '../run/repair.ts'
import type { Repairable } from '../run/repairable.ts'
import type { VerifyResult } from '../run/verify.ts'
import { bytesText, plural } from './amount.ts'
import type { Paint } from './paint.ts'
import { problemsText } from './problems-text.ts'

/** What was read, and everything that is damaged. */
export function verifyText(result: VerifyResult, paint: Paint): string {
  const { problems, damaged } = result
  const list = problems.length === 0 ? '' : `${problemsText(problems, paint)}\n`
  const tables = damaged.map(({ env, table, head, isHead }) => {
    const what = isHead ? 'the head: `sluice repair` writes it again' : 'an earlier version'
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
  { found, tables, checkpoints, quarantined, runs, left }: RepairResult,
  paint: Paint,
  dryRun: boolean,
): string {
  if (found.problems.length === 0) return verifyText(found, paint)
  const isLeft = ({ env, table, seq }: Repairable) =>
    left.damaged.some((each) => each.env === env && each.table === table && each.head.seq === seq)
  const word = (each: Repairable) => (isLeft(each) ? 'was to be' : 'was')
  const lines = tables.map((each) => repairLine(each, dryRun ? 'would be' : word(each)))
  if (found.checkpoints.length > 0 && dryRun)
    lines.push(`${plural(found.checkpoints.length, 'checkpoint')} would be written again from the log`)
  if (found.spare.keys.length > 0 && dryRun)
    lines.push(`${plural(found.spare.keys.length, 'object')} would be moved to quarantine/`)
  if (checkpoints > 0) lines.push(`${plural(checkpoints, 'checkpoint')} written again from the log`)
  if (quarantined.length > 0) lines.push(`${plural(quarantined.length, 'object')} moved to quarantine/`)
  const failed = runs
    .filter(({ ok }) => !ok)
    .map(({ run }) => `a run failed: \`sluice runs ${run}\` tells why`)
  const end = dryRun ? 'Nothing was changed: this was a dry run.' : verifyText(left, paint).trimEnd()
  return [problemsText(found.problems, paint).trimEnd(), '', ...lines, ...failed, '', end, ''].join('\n')
}

function repairLine({ env, table, seq, step, flow, from, not }: Repairable, word: string): string {
  const name = `${env}: ${table}@${seq}`
  if (not !== undefined) return `${name} cannot be made again: ${not}`
  const source = from.length === 0 ? '' : `, from ${from.join(', ')}`
  return `${name} ${word} written again by step '${step}' of flow '${flow}'${source}`
}
