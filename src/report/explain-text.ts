import type { Cause, Explanation } from '../run/options.ts'
import { incrementalText } from './incremental-text.ts'
import type { Paint } from './paint.ts'
import { plural } from './amount.ts'
import { plannedPartitionLines } from './planned-partitions.ts'
import { plainPaint } from './paint.ts'
import { reasonText } from './reason-text.ts'
import { agoText } from './time.ts'
import { oneLine } from './width.ts'

export interface ExplainTextOptions {
  readonly paint?: Paint
  readonly now?: Date
}

/** Why a step is what it is, as a tree: causes, what changed within them with before and after, causes upstream. */
export function explainText(explanation: Explanation, options: ExplainTextOptions = {}): string {
  const { paint = plainPaint, now = new Date() } = options
  const { step, notebook, verdict, causes, computed, accepted } = explanation
  const held = causes.some(({ reason }) => reason.word === 'held')
  const said = held ? 'held: it would not run' : verdictWords[verdict]
  const lines = [`${paint.bold(step)} is ${said} ${paint.dim(`(${notebook})`)}`]
  lines.push(...branches(causes, paint))
  if (explanation.partitions && explanation.partitions.length > 0) {
    lines.push(`it would compute ${plural(explanation.partitions.length, 'partition')}:`)
    lines.push(...plannedPartitionLines(explanation.partitions).map((line) => `  ${line}`))
  }
  if (explanation.rebuild !== undefined)
    lines.push(oneLine(`it would compute all anew: ${explanation.rebuild}`))
  if (computed) {
    lines.push(computedText(computed, now))
    if (computed.incremental) lines.push(`computed incrementally, ${incrementalText(computed.incremental)}`)
  } else lines.push('it was never computed here')
  for (const { input, columns } of accepted) {
    const same = columns.length === 0 ? 'what it reads' : columns.join(', ')
    const told =
      input === 'code'
        ? `accepted other code: the queries of ${same} are the same`
        : `accepted a later version of ${input}: it holds the same rows in ${same}`
    lines.push(oneLine(told))
  }
  return `${lines.join('\n')}\n`
}

function computedText({ at, run, fingerprint, reused, from }: Computed, now: Date): string {
  const moved = from ? `, and came here from ${from.env} at commit ${from.commit}` : ''
  const when = `its rows were computed ${agoText(at, now)} by run`
  if (reused === undefined) return oneLine(`${when} ${run}${moved}`)
  const where = `in environment ${reused.env} on ${reused.host}`
  return oneLine(
    `${when} ${reused.run} ${where}, and reused: fingerprint ${fingerprint.slice(0, 12)}${moved}`,
  )
}

type Computed = NonNullable<Explanation['computed']>

const verdictWords = {
  fresh: 'fresh',
  stale: 'stale: it would run',
  'may-run': 'fresh so far: it may run, depending on what the steps upstream give',
} as const

function branches(causes: readonly Cause[], paint: Paint): string[] {
  return causes.flatMap((cause, at) => {
    const last = at === causes.length - 1
    const inner = [...detailLines(cause, paint), ...branches(cause.causes, paint)]
    const [first, indent] = last ? ['└─ ', '   '] : ['├─ ', '│  ']
    return [paint.dim(first) + headOf(cause, paint), ...inner.map((line) => paint.dim(indent) + line)]
  })
}

function headOf(cause: Cause, paint: Paint): string {
  const text = reasonText(cause.reason)
  const { word } = cause.reason
  return paint.yellow(word) + text.slice(word.length)
}

function detailLines(cause: Cause, paint: Paint): string[] {
  return cause.details.map(({ what, before, after }) => {
    if (before === undefined && after === undefined) return oneLine(what)
    const [old, now] = [before ?? 'nothing', after ?? 'nothing'].map(oneLine)
    return `${oneLine(what)}: ${paint.red(old ?? '')} -> ${paint.green(now ?? '')}`
  })
}
