import type { JudgedChange } from '../check/acknowledge.ts'
import { subjectOf, type ChangeLevel, type ContractChange } from '../check/contract-change.ts'
import type { LockWrite } from '../check/lock.ts'
import { placeText, type Problem } from '../base/problem.ts'
import type { Paint } from './paint.ts'

const levels: readonly ChangeLevel[] = ['breaking', 'compatible', 'neutral']
const indent = ' '.repeat(12)

/** Changes of contracts for people: a line for each, with who reads it below. */
export function changesText(changes: readonly JudgedChange[], paint: Paint): string {
  return changes.map((change) => changeText(change, paint)).join('')
}

function changeText(change: JudgedChange, paint: Paint): string {
  const colour = { breaking: paint.red, compatible: paint.green, neutral: paint.dim }[change.level]
  const lines = [`${colour(change.level.padEnd(indent.length - 1))} ${subjectOf(change)}: ${change.what}`]
  const below = [
    change.level === 'breaking' ? readersText(change) : undefined,
    change.level === 'breaking' ? acknowledgedText(change) : undefined,
    change.hint,
    change.level === 'breaking' && change.where ? `at ${placeText(change.where)}` : undefined,
  ]
  for (const text of below) if (text !== undefined) lines.push(`${indent}${paint.dim(text)}`)
  return lines.map((line) => `${line}\n`).join('')
}

/** Who reads what changed: `read by revenue (flow taxi, notebooks/gold/daily_revenue.ts)`. */
function readersText({ readBy }: Pick<ContractChange, 'readBy'>): string {
  if (readBy.length === 0) return 'no step of this project reads it; others may'
  const named = readBy.slice(0, 5).map(({ step, flow, file }) => `${step} (flow ${flow}, ${file})`)
  const more = readBy.length - named.length
  return `read by ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** Breaking changes as Problems: those that the lock has taken on are warnings. */
export function changeProblems(changes: readonly JudgedChange[]): Problem[] {
  return changes
    .filter(({ level }) => level === 'breaking')
    .map((change) => {
      const { acknowledged, what, where, hint } = change
      const taken = acknowledgedText(change)
      const message = `${subjectOf(change)}: ${what}; ${readersText(change)}${taken === undefined ? '' : `; ${taken}`}`
      return {
        code: 'contract/breaking',
        ...(acknowledged !== undefined && { severity: 'warn' }),
        message,
        ...(where && { where }),
        ...(hint !== undefined && { hint }),
      }
    })
}

function acknowledgedText({ acknowledged }: JudgedChange): string | undefined {
  if (acknowledged === undefined) return undefined
  const { version, why } = acknowledged
  if (version === undefined) return `acknowledged: ${why ?? 'its file was taken out of the lock'}`
  return `acknowledged in version ${version}${why === undefined ? '' : `: ${why}`}`
}

/** `1 breaking, 2 compatible`; `no change` where there is none. */
export function countsText(changes: readonly Pick<ContractChange, 'level'>[]): string {
  const parts = levels.flatMap((level) => {
    const count = changes.filter((change) => change.level === level).length
    return count > 0 ? `${count} ${level}` : []
  })
  return parts.length > 0 ? parts.join(', ') : 'no change'
}

/** The files of the lock that are written, changed or taken away. */
export function writesText(writes: readonly LockWrite[], paint: Paint): string {
  return writes
    .map(({ file, text, from, to }) => {
      if (text === undefined) return `${paint.red('-')} ${file}\n`
      if (from === undefined) return `${paint.green('+')} ${file}  ${to ?? ''}\n`
      return `${paint.yellow('~')} ${file}  ${from === to ? from : `${from} -> ${to ?? ''}`}\n`
    })
    .join('')
}
