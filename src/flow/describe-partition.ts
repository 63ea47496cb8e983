import { parseDuration } from '../base/duration.ts'
import type { Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { AnyNotebook } from '../contract/notebook.ts'
import { optionProblems, type OptionForms } from '../contract/option-forms.ts'
import type { DeclaredPartition, Grain, PartitionOptions } from '../contract/partition.ts'
import { grainExamples } from '../contract/partition-time.ts'
import type { DeclaredInput, DeclaredOutput } from './declared.ts'
import type { Describing, Told } from './describe-context.ts'
import { isReadByPartition } from './partition-inputs.ts'

const grains = Object.keys(grainExamples) as readonly Grain[]

const forms: OptionForms = {
  by: 'any',
  every: 'a text',
  lookback: 'a number',
  complete: "an object such as { after: '2h' }",
}

/** The tables of a step, once they are bound. */
interface Bound {
  readonly inputs: readonly DeclaredInput[]
  readonly outputs: readonly DeclaredOutput[]
}

/** How a step works by partition, checked; all that is wrong with it goes to the Problems. */
export function describePartition(
  { definition, site }: AnyNotebook,
  bound: Bound,
  told: Told,
  context: Describing,
): { readonly partition?: DeclaredPartition } {
  const options = definition.partition
  if (options === undefined) return {}
  const where = context.tell(site) ?? told.where
  const problems = optionProblems(`step '${told.step}': partition`, options, forms, where)
  context.problems.push(...problems)
  if (problems.length > 0) return {}
  const by = typeof options.by === 'string' ? [options.by] : [...(options.by ?? [])]
  const refuse = (message: string, hint?: string) => {
    const problem: Problem = {
      code: 'contract/option-invalid',
      message: `step '${told.step}': ${message}`,
      ...(where && { where }),
      ...(hint !== undefined && { hint }),
    }
    context.problems.push(problem)
  }
  checkColumns(by, bound, refuse)
  checkTime(options, by, bound, refuse)
  const after = options.complete === undefined ? undefined : afterOf(options.complete.after)
  if (options.complete !== undefined && after === undefined)
    refuse(
      `partition.complete.after '${options.complete.after}' is no length of time`,
      'a length of time is a number with a unit, such as 30m, 2h or 7d, or 0',
    )
  const { every, lookback } = options
  return {
    partition: {
      by,
      ...(every !== undefined && { every }),
      ...(lookback !== undefined && { lookback }),
      ...(after !== undefined && { completeAfter: after }),
    },
  }
}

type Refuse = (message: string, hint?: string) => void

function afterOf(text: unknown): number | undefined {
  return text === '0' ? 0 : typeof text === 'string' ? parseDuration(text) : undefined
}

function checkColumns(by: readonly string[], { inputs, outputs }: Bound, refuse: Refuse): void {
  if (by.length === 0 || by.some((column) => typeof column !== 'string'))
    return refuse('partition.by names no columns', "such as partition: { by: 'month' }")
  if (new Set(by).size < by.length) refuse('partition.by names a column twice')
  if (outputs.length === 0) refuse('it works by partition, but has no outputs')
  for (const { table, rejectsOf, rejectsOfInput } of outputs) {
    if ((rejectsOf ?? rejectsOfInput) !== undefined) {
      refuse(
        `the rejects table '${table.name}' cannot be written by partition yet`,
        'leave out `rejects`, or `partition`',
      )
      continue
    }
    const { partitionBy = [] } = table
    if (partitionBy.join('\n') === by.join('\n')) continue
    const hint = by
      .filter((column) => !table.columns.some(({ name }) => name === column))
      .map((column) =>
        didYouMean(
          column,
          table.columns.map(({ name }) => name),
        ),
      )
      .find((found) => found !== undefined)
    refuse(
      `it works by partition of ${by.join(', ')}, but its output table '${table.name}' is ${partitionBy.length === 0 ? 'not partitioned' : `partitioned by ${partitionBy.join(', ')}`}`,
      hint ?? `give the table { partitionBy: [${by.map((column) => `'${column}'`).join(', ')}] }`,
    )
  }
  if (!inputs.some((input) => isReadByPartition(input, by)))
    refuse(
      `it works by partition of ${by.join(', ')}, but none of its inputs has such partitions`,
      `read a table with the same partitionBy, or a source with ${by.map((column) => `{${column}}`).join(' and ')} in its paths`,
    )
}

function checkTime(
  { every, lookback, complete }: PartitionOptions,
  by: readonly string[],
  { outputs }: Bound,
  refuse: Refuse,
): void {
  if (every === undefined) {
    if (lookback !== undefined) refuse('partition.lookback needs partition.every', 'say what time a value is')
    if (complete !== undefined) refuse('partition.complete needs partition.every', 'say what time a value is')
    return
  }
  if (lookback !== undefined && !(Number.isInteger(lookback) && lookback >= 0))
    refuse(`partition.lookback '${String(lookback)}' is no whole number from 0`)
  if (!grains.includes(every))
    return refuse(
      `partition.every '${every as string}' is no length of time`,
      didYouMean(every, grains) ?? `it is one of ${grains.join(', ')}`,
    )
  if (by.length !== 1) return refuse('partition.every needs one column in partition.by')
  for (const { table } of outputs) {
    const type = table.columns.find(({ name }) => name === by[0])?.type
    if (type === undefined || type === 'VARCHAR') continue
    if (type === 'DATE' && every !== 'hour') continue
    if (isWhole(type) && every === 'year') continue
    refuse(
      `the column '${by[0]}' of table '${table.name}' is ${type}, which cannot stand for time by ${every}`,
      `use VARCHAR, with values such as '${grainExamples[every]}'${every === 'year' ? ', or a whole number' : every === 'hour' ? '' : ', or DATE'}`,
    )
  }
}

function isWhole(type: string): boolean {
  return /^U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?$/.test(type)
}
