import type { LineageStep } from '../run/lake-lineage.ts'
import { named, tablesIn } from './lineage-graph.ts'
import type { Paint } from './paint.ts'
import { plainPaint } from './paint.ts'
import { drawTree, type Branch } from './tree-text.ts'

/** The branches of a table: the steps that write it, or those that read it. */
type Follow = (steps: readonly LineageStep[], table: string, seen: Set<string>) => Branch[]

/**
 * What a table or step is made from and what reads it, as two trees. A table that was shown before is not
 * followed again. Throws `project/unknown`.
 */
export function lineageText(steps: readonly LineageStep[], name: string, paint: Paint = plainPaint): string {
  const { step } = named(steps, name)
  const [above, below] = [new Set([name]), new Set([name])]
  const up = step ? tablesOf(steps, step.reads, above, writersOf) : writersOf(steps, name, above)
  const down = step ? tablesOf(steps, step.writes, below, readersOf) : readersOf(steps, name, below)
  const [made, used] = step ? ['reads', 'writes'] : ['is made by', 'is read by']
  return `${[
    `${paint.bold(name)}${step ? paint.dim(` (${step.notebook}, flow ${step.flow})`) : ''}`,
    up.length === 0 ? `${made} nothing` : made,
    ...drawTree(up, paint),
    down.length === 0 ? `${used} nothing` : used,
    ...drawTree(down, paint),
  ].join('\n')}\n`
}

/** All steps with what they read and write, one line each. */
export function lineageList(steps: readonly LineageStep[]): string {
  const line = ({ step, reads, writes }: LineageStep) =>
    `${reads.join(', ') || 'nothing'} -> ${step} -> ${writes.join(', ') || 'nothing'}`
  return steps.map((step) => `${line(step)}\n`).join('')
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
