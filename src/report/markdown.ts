import { placeText, type Problem } from '../base/problem.ts'
import type { DataChecked, Outcome, SourceRead, StepFinished } from '../run/events.ts'
import { countText, plural, problemCount } from './amount.ts'
import { cutBlocks, markdownLines, markdownTable, markdownText } from './markdown-text.ts'
import { marks } from './paint.ts'
import { reasonsText } from './reason-text.ts'
import { durationText } from './time.ts'
import { fileWithin, flowsTold, isError, problemBody, type Told, type ToldFlow } from './told.ts'

/** What a summary of GitHub Actions may hold for a step of a workflow, in bytes. */
export const mostSummary = 1024 * 1024
/** Rows of a table and Problems in full; more are counted only. */
const mostRows = 200
const order: readonly Outcome[] = ['failed', 'blocked', 'cancelled', 'ran', 'reused']

/**
 * What happened on one page of Markdown: a table of the steps by how they ended, what went wrong with its
 * place, and data checks that did not pass. Names and messages come from code and data: none of it is markup.
 *
 * @param most bytes that the page may have
 */
export function markdownSummary(told: Told, most = mostSummary): string {
  return cutBlocks(
    [
      ...projectBlocks(told),
      ...caseBlocks(told),
      ...flowsTold(told.events).flatMap((flow) => flowBlocks(flow, told)),
    ],
    most,
  )
}

function projectBlocks(told: Told): string[] {
  const { problems, files } = told
  if (problems.length === 0 && files === undefined) return []
  const looked = files === undefined ? '' : ` in ${plural(files.length, 'file')}`
  return [
    `### ${problems.some(isError) ? '✗' : '✓'} Sluice: ${problemCount(problems)}${looked}`,
    ...problemBlocks(problems, told),
  ]
}

function caseBlocks(told: Told): string[] {
  const { cases } = told
  if (cases === undefined) return []
  const counts = (['passed', 'failed', 'skipped'] as const).flatMap((outcome) => {
    const count = cases.filter((each) => each.outcome === outcome).length
    return count > 0 ? [`${countText(count)} ${outcome}`] : []
  })
  const failed = cases.some(({ outcome }) => outcome === 'failed')
  const listed = cases.filter(({ problems }) => problems.length > 0).slice(0, mostRows)
  return [
    `### ${failed ? '✗' : '✓'} Sluice tests: ${counts.join(', ') || 'none'}`,
    ...listed.flatMap(({ suite, name, problems }) => [
      `${markdownText(suite)}: ${markdownText(name)}`,
      ...problemBlocks(problems, told),
    ]),
  ]
}

function problemBlocks(problems: readonly Problem[], { within }: Told): string[] {
  const ordered = problems.toSorted((a, b) => Number(isError(b)) - Number(isError(a)))
  const blocks = ordered.slice(0, mostRows).map((problem) => {
    const where = problem.where && { ...problem.where, file: fileWithin(problem.where.file, within) }
    const body = problemBody({ ...problem, ...(where && { where }) })
    return markdownLines(isError(problem) ? body : `warning: ${body}`)
  })
  const more = ordered.length - blocks.length
  return [...blocks, ...(more > 0 ? [`and ${plural(more, 'more problem')}`] : [])]
}

function flowBlocks(flow: ToldFlow, told: Told): string[] {
  const { started, steps, ended } = flow
  const ends = steps.flatMap(({ end }) => end ?? [])
  const listed = order.flatMap((outcome) => ends.filter((end) => end.outcome === outcome))
  const wrong = steps.flatMap(({ checks }) => checks.filter(({ outcome }) => outcome !== 'passed'))
  const fresh = ends.filter(({ outcome }) => outcome === 'fresh').length
  const rejected = steps.flatMap(({ sources }) => sources.filter((each) => (each.rejected ?? 0) > 0))
  const delivered = ends.filter((end) => end.delivered !== undefined)
  const bad = listed.some(({ outcome }) => outcome !== 'ran' && outcome !== 'reused') || !ended
  const title = `### ${bad ? '✗' : '✓'} ${markdownText(started.flow)} on ${markdownText(started.env)}: ${countsText(flow)}`
  return [
    title,
    ...(listed.length > 0 ? [stepTable(listed)] : []),
    ...(fresh > 0 ? [`${plural(fresh, 'step')} ${fresh === 1 ? 'was' : 'were'} fresh.`] : []),
    ...(rejected.length > 0 ? ['Rows of sources that were rejected:', rejectTable(rejected)] : []),
    ...(delivered.length > 0 ? ['Deliveries:', deliveryTable(delivered)] : []),
    ...(wrong.length > 0 ? ['Data checks that did not pass:', checkTable(wrong)] : []),
    ...ends.flatMap(({ step, problems }) =>
      problems.length === 0
        ? []
        : [`${markdownText(step)}: ${problemCount(problems)}`, ...problemBlocks(problems, told)],
    ),
  ]
}

function countsText({ steps, ended }: ToldFlow): string {
  const all: readonly Outcome[] = ['ran', 'reused', 'fresh', 'failed', 'blocked', 'cancelled']
  const counts = all.flatMap((outcome) => {
    const count = steps.filter(({ end }) => end?.outcome === outcome).length
    return count > 0 ? [`${countText(count)} ${outcome}`] : []
  })
  const said = counts.length > 0 ? counts.join(', ') : ended ? 'nothing to do' : 'no step ended'
  return ended ? `${said} in ${durationText(ended.ms)}` : `${said}; the run did not come to its end`
}

function stepTable(ends: readonly StepFinished[]): string {
  const rows = ends.slice(0, mostRows).map((end) => {
    const count = end.tables.reduce((sum, { rows: each }) => sum + each, 0)
    const same = end.tables.length > 0 && end.tables.every(({ unchanged }) => unchanged)
    return [
      `${marks[end.outcome]} ${end.outcome}`,
      markdownText(end.step),
      end.tables.length === 0 ? '' : `${countText(count)}${same ? ', unchanged' : ''}`,
      end.ms > 0 && end.outcome !== 'blocked' ? durationText(end.ms) : '',
      whyText(end),
    ]
  })
  const table = markdownTable(
    ['outcome', 'step', 'rows', 'time', 'why'],
    ['left', 'left', 'right', 'right'],
    rows,
  )
  return table + moreText(ends.length - rows.length, 'step')
}

function whyText({ outcome, blockedBy = [], reasons, problems }: StepFinished): string {
  if (outcome === 'failed') {
    const first = problems[0]
    if (first === undefined) return ''
    const place = first.where ? `${placeText(first.where)} ` : ''
    return markdownText(`${place}${first.code}`)
  }
  if (outcome === 'blocked' && blockedBy.length > 0) return `by ${blockedBy.map(markdownText).join(', ')}`
  return reasons.length === 0 ? '' : markdownText(reasonsText(reasons))
}

function rejectTable(sources: readonly SourceRead[]): string {
  const rows = sources
    .slice(0, mostRows)
    .map(({ source, rejects, rejected = 0, rows: all }) => [
      markdownText(source),
      rejects === undefined ? '' : markdownText(rejects),
      countText(rejected),
      all === undefined ? '' : countText(all),
    ])
  const table = markdownTable(
    ['source', 'rejects table', 'rejected', 'of'],
    ['left', 'left', 'right', 'right'],
    rows,
  )
  return table + moreText(sources.length - rows.length, 'source')
}

function deliveryTable(ends: readonly StepFinished[]): string {
  const rows = ends
    .slice(0, mostRows)
    .map(({ step, delivered }) => [
      markdownText(step),
      markdownText(delivered?.target ?? ''),
      countText(delivered?.rows ?? 0),
    ])
  const table = markdownTable(['delivery', 'target', 'rows'], ['left', 'left', 'right'], rows)
  return table + moreText(ends.length - rows.length, 'target')
}

function checkTable(checks: readonly DataChecked[]): string {
  const rows = checks
    .slice(0, mostRows)
    .map(({ outcome, table, check, rows: count }) => [
      outcome,
      markdownText(table),
      markdownText(check),
      countText(count),
    ])
  const table = markdownTable(['outcome', 'table', 'check', 'rows'], ['left', 'left', 'left', 'right'], rows)
  return table + moreText(checks.length - rows.length, 'check')
}

function moreText(more: number, what: string): string {
  return more > 0 ? `\n\nand ${plural(more, `more ${what}`)}` : ''
}
