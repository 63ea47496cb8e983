import type { LineageStep } from '../run/lake-lineage.ts'
import { named, tablesIn } from './lineage-graph.ts'
import { plainPaint } from './paint.ts'
import { drawTree, type Branch } from './tree-text.ts'
import { hanging, type TextOptions } from './wrap.ts'

/** The branches of a table: the steps that write it, or those that read it. */
type Follow = (steps: readonly LineageStep[], table: string, seen: Set<string>) => Branch[]

/**
 * What a table or step is made from and what reads it, as two trees. A table that was shown before is not
 * followed again. Throws `project/unknown`.
 */
export function lineageText(steps: readonly LineageStep[], name: string, options: TextOptions = {}): string {
  const { step } = named(steps, name)
  const [above, below] = [new Set([name]), new Set([name])]
  const up = step ? tablesOf(steps, step.reads, above, writersOf) : writersOf(steps, name, above)
  const down = step ? tablesOf(steps, step.writes, below, readersOf) : readersOf(steps, name, below)
  const [made, used] = step ? ['reads', 'writes'] : ['is made by', 'is read by']
  return `${[
    ...head(name, step, options),
    up.length === 0 ? `${made} nothing` : made,
    ...drawTree(up, options),
    down.length === 0 ? `${used} nothing` : used,
    ...drawTree(down, options),
  ].join('\n')}\n`
}

function head(name: string, step: LineageStep | undefined, options: TextOptions): string[] {
  const { width = Infinity, paint = plainPaint } = options
  const place = step ? ` (${step.notebook}, flow ${step.flow})` : ''
  const [first = name, ...others] = hanging(name + place, '', '  ', width)
  const rest = first.slice(name.length)
  return [
    paint.bold(first.slice(0, name.length)) + (rest === '' ? '' : paint.dim(rest)),
    ...others.map(paint.dim),
  ]
}

/** All steps with what they read and write, one line each where it is wide enough. */
export function lineageList(steps: readonly LineageStep[], { width = Infinity }: TextOptions = {}): string {
  const line = ({ step, reads, writes }: LineageStep) =>
    `${reads.join(', ') || 'nothing'} -> ${step} -> ${writes.join(', ') || 'nothing'}`
  return steps.map((step) => `${hanging(line(step), '', '  ', width).join('\n')}\n`).join('')
}

/** A Mermaid flowchart (mermaid.js.org): tables as boxes, steps as rounded boxes. */
export function lineageMermaid(steps: readonly LineageStep[]): string {
  const names = [...tablesIn(steps)]
  const id = (table: string) => `t${names.indexOf(table)}`
  const label = (text: string) => text.replaceAll('"', '#quot;')
  const lines = names.map((table) => `  ${id(table)}["${label(table)}"]`)
  steps.forEach((step, at) => {
    lines.push(`  s${at}("${label(step.step)}")`)
    for (const table of step.reads) lines.push(`  ${id(table)} --> s${at}`)
    for (const table of step.writes) lines.push(`  s${at} --> ${id(table)}`)
  })
  return `${['flowchart LR', ...lines].join('\n')}\n`
}

const writersOf: Follow = (steps, table, seen) =>
  steps
    .filter(({ writes }) => writes.includes(table))
    .map((step) => ({ text: textOf(step), children: tablesOf(steps, step.reads, seen, writersOf) }))

const readersOf: Follow = (steps, table, seen) =>
  steps
    .filter(({ reads }) => reads.includes(table))
    .map((step) => ({ text: textOf(step), children: tablesOf(steps, step.writes, seen, readersOf) }))

function tablesOf(
  steps: readonly LineageStep[],
  tables: readonly string[],
  seen: Set<string>,
  follow: Follow,
): Branch[] {
  return tables.map((text) => {
    if (seen.has(text)) return { text, children: [] }
    seen.add(text)
    return { text, children: follow(steps, text, seen) }
  })
}

function textOf({ step, notebook }: LineageStep): string {
  return `step ${step} (${notebook})`
}
